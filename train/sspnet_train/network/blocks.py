"""The bricks of SSP-Net: separable residual units (Fig. 2a) and the prediction block (Eq. 1-4).

Every batch norm follows a convolution directly, so that all of them fold away at export.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.network.soft_argmax import attended_depth, expectation, log_prior, peak_mass, spatial_softmax

FIRST_FOOT_JOINT, FEET_SHARPNESS = 22, 1.0
"""Heels and toes are first guessed beyond the ankle, which is rough: their prior starts wide."""


class ConvBN(nn.Module):
    """Convolution without bias, then batch norm.

    Where the statistics are fixed and gradients flow, both run as one folded convolution, which saves time.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, gamma: float = 1.0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(outputs)
        nn.init.constant_(self.bn.weight, gamma)

    def forward(self, x: Tensor) -> Tensor:
        if self.training or not torch.is_grad_enabled() or not isinstance(self.bn, nn.BatchNorm2d):
            return self.bn(self.conv(x))
        assert self.bn.running_mean is not None and self.bn.running_var is not None
        gain = self.bn.weight * torch.rsqrt(self.bn.running_var + self.bn.eps)
        weight, bias = self.conv.weight * gain[:, None, None, None], self.bn.bias - self.bn.running_mean * gain
        return F.conv2d(x, weight, bias, self.conv.stride, self.conv.padding, 1, self.conv.groups)


class SeparableConv(nn.Module):
    """SC: depthwise k x k, BN, ReLU, 1x1, BN. `gamma` scales the last batch norm at initialisation."""

    def __init__(self, inputs: int, outputs: int, kernel: int, gamma: float = 1.0):
        super().__init__()
        self.depthwise = ConvBN(inputs, inputs, kernel, groups=inputs)
        self.pointwise = ConvBN(inputs, outputs, gamma=gamma)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(F.relu(self.depthwise(x)))


class ResidualUnit(nn.Module):
    """R (Fig. 2a): x + SC(x), with a 1x1 convolution on the shortcut where the widths differ."""

    def __init__(self, inputs: int, outputs: int, kernel: int, gamma: float = 0.3):
        super().__init__()
        self.body = SeparableConv(inputs, outputs, kernel, gamma)
        self.shortcut = ConvBN(inputs, outputs) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.shortcut(x) + self.body(x)


class Prediction(NamedTuple):
    """What one head says.

    Attributes:
        pose: (N, J, 3) u and v of the crop, and z, all in [0, 1].
        confidence: (N, J) in [0, 1].
        heatmap: (N, J, H, W), each map summing to 1.
    """

    pose: Tensor
    confidence: Tensor
    heatmap: Tensor


def _by_joint(value: float, of_feet: float, joints: int) -> Tensor:
    """A value for each joint, (joints, 1, 1); heels and toes have their own."""
    return torch.tensor([of_feet if joint >= FIRST_FOOT_JOINT else value for joint in range(joints)])[:, None, None]


def _one_width_for_all(block: nn.Module, state: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Older checkpoints have one width of the prior for all joints: every joint gets it."""
    for name in ("sharpness", "log_scale"):
        value = state.get(prefix + name)
        if value is not None and value.ndim == 0:
            state[prefix + name] = value.expand_as(getattr(block, name)).clone()


class PredictionBlock(nn.Module):
    """Y = ReLU(BN(SC(X))); h = W_h*Y; d = W_d*Y; F = X + Y + W_r*h + W_s*d (Eq. 1-4).

    Called without an earlier pose, the softmax of h is the heatmap, as in the paper. A *refining* block takes the pose of the
    head before: its heatmap is softmax(prior + h) with the prior around that pose, its depth is Eq. 10's plus a carried share of
    the depth before, W_h and W_d start at zero, and the block therefore starts by repeating that pose exactly.
    """

    def __init__(self, width: int, joints: int, kernel: int, refining: bool):
        super().__init__()
        self.refining = refining
        self.separable = SeparableConv(width, width, kernel)
        self.to_heatmap = nn.Conv2d(width, joints, 1)
        self.to_depth = nn.Conv2d(width, joints, 1)
        self.from_heatmap = nn.Conv2d(joints, width, 1, bias=False)
        self.from_depth = nn.Conv2d(joints, width, 1, bias=False)
        nn.init.normal_(self.to_depth.weight, std=0.0 if refining else 0.02)
        nn.init.zeros_(self.to_depth.bias)  # type: ignore[arg-type]
        nn.init.normal_(self.from_depth.weight, std=0.02)
        if refining:
            nn.init.zeros_(self.to_heatmap.weight)
            nn.init.zeros_(self.to_heatmap.bias)  # type: ignore[arg-type]
            nn.init.normal_(self.from_heatmap.weight, std=0.1)
            self.sharpness = nn.Parameter(_by_joint(3.0, FEET_SHARPNESS, joints))
            self.log_scale = nn.Parameter(torch.zeros(joints, 1, 1))
            self.register_load_state_dict_pre_hook(_one_width_for_all)
            self.depth_carry = nn.Parameter(torch.tensor(1.0))
            self.calibration = nn.Parameter(torch.tensor([1.0, 0.0, 0.0]))
            self.to_evidence = nn.Conv2d(width, joints, 1)
            nn.init.zeros_(self.to_evidence.weight)
            nn.init.zeros_(self.to_evidence.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, earlier: Tensor | None = None) -> tuple[Tensor, Prediction]:
        """Predict a pose, and re-inject it.

        Args:
            x: features (N, width, H, W).
            earlier: the pose before, (N, J, 3); only a refining block takes it.

        Returns:
            The features F (Eq. 4) and the prediction.
        """
        y = F.relu(self.separable(x))
        logits, depth_map = self.to_heatmap(y).float(), torch.sigmoid(self.to_depth(y).float())
        if self.refining:
            assert earlier is not None
            heatmap, pose = self._refine(logits, earlier[..., :2])
            reinjected = heatmap * (logits.shape[2] * logits.shape[3] / 64.0)
        else:
            heatmap = spatial_softmax(logits)
            pose, reinjected = expectation(heatmap), logits
        z = attended_depth(heatmap, depth_map)
        if self.refining and earlier is not None:
            z = z + self.depth_carry * (earlier[..., 2:] - 0.5)
        confidence = self.confidence(heatmap, self.to_evidence(y).float() if self.refining else None)
        features = x + y + self.from_heatmap(reinjected) + self.from_depth(depth_map)
        return features, Prediction(torch.cat([pose, z], dim=2), confidence, heatmap)

    def _refine(self, logits: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        prior = log_prior(logits.shape, earlier, F.softplus(self.sharpness), self.log_scale)
        heatmap = spatial_softmax(prior + logits)
        return heatmap, earlier + expectation(heatmap) - expectation(spatial_softmax(prior))

    def confidence(self, heatmap: Tensor, evidence: Tensor | None) -> Tensor:
        """The confidence of Section 3.2.3, (N, J): c, the largest mass of 2x2 cells.

        A refining block's map is narrow around its prior, be it right or wrong. So it adds what the features say at the joint,
        evidence = W_e*Y: sigmoid(a·logit(c) + b + e·log(cells) + Σ Φ·evidence) learns to mean a probability.
        """
        mass = peak_mass(heatmap).clamp(1e-4, 1 - 1e-4)
        if evidence is None:
            return mass
        slope, offset, cells = self.calibration
        size = torch.log(torch.tensor(heatmap.shape[2] * heatmap.shape[3] / 1024.0, dtype=mass.dtype, device=mass.device))
        return torch.sigmoid(slope * torch.logit(mass) + offset + cells * size + (heatmap * evidence).flatten(2).sum(dim=2))
