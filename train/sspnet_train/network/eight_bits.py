"""1x1 convolutions in 8 bits: for each output, whole numbers from -127 to 127 times one step.

Such weights are fp16 numbers like any others, so nothing that runs or trains them has to know. But a bundle stores them in half
of the bytes. 1x1 convolutions before a batch norm are nearly all of a network's weights.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sspnet_train.network.blocks import ConvBN

LARGEST = 127
STEP_BITS = 4
"""Of a step: with the 7 of a whole number they are the 11 that fp16 has."""
LEAST_STEP = 2.0**-20
CUT_OFF = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55, 0.5)
"""Shares of an output's largest weight that are tried as the largest that is kept: a finer step may be worth it."""
DAMPING = 0.01
FP16_UNIT = 2.0**-24


def pointwise(network: nn.Module) -> list[nn.Conv2d]:
    """The 1x1 convolutions before a batch norm."""
    convs = [module.conv for module in network.modules() if isinstance(module, ConvBN)]
    return [conv for conv in convs if conv.kernel_size == (1, 1)]


def rounded(weight: Tensor, products: Tensor) -> Tensor:
    """A weight in 8 bits that gives nearly the same answers (Frantar et al., "GPTQ", ICLR 2023).

    Input by input, those first that vary most, the weights are rounded. What that changes is made good by the weights of the
    inputs that are still to come, as far as those vary together.

    Args:
        weight: (outputs, inputs) float.
        products: (inputs, inputs) float64: mean products of the inputs with each other, over what the network sees.
    """
    rows, steps = weight.double(), _steps(weight).double()
    order = products.diagonal().argsort(descending=True)
    damped = products + DAMPING * products.diagonal().mean() * torch.eye(len(products), dtype=torch.float64)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped[order][:, order]))
    makes_good = torch.linalg.cholesky(inverse, upper=True)
    left, found = rows[:, order].clone(), torch.empty_like(rows)
    for column, place in enumerate(order.tolist()):
        found[:, place] = _nearest(left[:, column], steps)
        error = (left[:, column] - found[:, place]) / makes_good[column, column]
        left[:, column + 1 :] -= error[:, None] * makes_good[column, column + 1 :]
    return found.float()


def _steps(weight: Tensor) -> Tensor:
    """For each output the step at which rounding alone has the smallest squared error."""
    largest = weight.abs().amax(dim=1)
    tries = torch.stack([_short(share * largest / LARGEST) for share in CUT_OFF])
    errors = torch.stack([(_nearest(weight.T, steps).T - weight).square().sum(dim=1) for steps in tries])
    return tries[errors.argmin(dim=0), torch.arange(len(weight))]


def _short(step: Tensor) -> Tensor:
    """The next number that is not below `step` and has `STEP_BITS` bits."""
    mantissa, exponent = torch.frexp(step.clamp(min=LEAST_STEP))
    return torch.ldexp(torch.ceil(mantissa * 2**STEP_BITS) / 2**STEP_BITS, exponent)


def _nearest(values: Tensor, steps: Tensor) -> Tensor:
    whole = torch.round(values / steps).clamp(-LARGEST, LARGEST)
    return steps * (whole + 0.0)  # int8 has no -0


def in_eight_bits(weight: NDArray) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """The whole numbers (outputs, …) and the steps (outputs,) whose product a weight of fp16 numbers is; None for others."""
    if len(weight) > 1 and in_eight_bits(weight[:1]) is None:  # the first output tells of most weights, and quickly
        return None
    units = weight.reshape(len(weight), -1).astype(np.float64) / FP16_UNIT
    whole = units.astype(np.int64)
    if np.any(whole != units):
        return None
    steps = np.maximum(np.gcd.reduce(whole, axis=1), 1)
    numbers = whole // steps[:, None]
    if np.abs(numbers).max(initial=0) > LARGEST:
        return None
    return numbers.astype(np.int8).reshape(weight.shape), (steps * FP16_UNIT).astype(np.float32)
