"""This machine's own matrix product in OpenVINO: what its arithmetic can do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import openvino as ov
from openvino import opset8 as ops
from side_by_side import openvino_settings

SIDE = 1536


def matrix_product(threads: int, precision: str = "fp32") -> Callable[[], object]:
    """A run of the product of two matrices of `SIDE` x `SIDE`, in "fp32" or "bf16"."""
    left, right = ops.parameter([SIDE, SIDE], np.float32), np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    model = ov.Model([ops.matmul(left, ops.constant(right), False, False)], [left])
    request = ov.Core().compile_model(model, "CPU", openvino_settings(threads, precision)).create_infer_request()
    request.set_input_tensor(ov.Tensor(right.copy()))
    return request.infer


def gmacs_per_s(milliseconds: float) -> float:
    """The rate of a product that took so long, in 10⁹ multiplications and additions per second."""
    return SIDE**3 / milliseconds / 1e6
