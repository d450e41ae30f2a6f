"""Another view of the same crops: shifted, scaled and turned a little, in other light, with noise."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_train.training.draw import Draw

SHIFT, SCALE, TURN = 0.03, 0.05, 0.07
"""Standard deviations: shares of the crop, and radians."""
CONTRAST, BRIGHTNESS, NOISE = 0.1, 0.05, 0.03


class OtherView(NamedTuple):
    """A view, and the way back to the crop.

    Attributes:
        image: (N, 3, H, W) in [-1, 1].
        theta: (N, 2, 3), affine from the view to the crop it was made of, both in [-1, 1].
    """

    image: Tensor
    theta: Tensor

    def to_crop(self, points: Tensor) -> Tensor:
        """(N, J, 2) in [0, 1] of the view -> of the crop."""
        return _applied(self.theta[:, :, :2], 2 * points - 1, self.theta[:, None, :, 2])

    def of_crop(self, points: Tensor) -> Tensor:
        """(N, J, 2) in [0, 1] of the crop -> of the view."""
        return _applied(torch.linalg.inv(self.theta[:, :, :2]), 2 * points - 1 - self.theta[:, None, :, 2])


def other_view(image: Tensor, draw: Draw, reach: float = 1.0) -> OtherView:
    """A view of the crops (N, 3, H, W), so many times as far off as a camera of the frame before may be."""
    turn, scale = reach * TURN * draw.normal(), 1 + reach * SCALE * draw.normal()
    cosine, sine, shift = scale * turn.cos(), scale * turn.sin(), 2 * reach * SHIFT * draw.normal(2)
    theta = torch.stack([torch.stack([cosine, -sine, shift[:, 0]], 1), torch.stack([sine, cosine, shift[:, 1]], 1)], 1)
    grid = F.affine_grid(theta, list(image.shape), align_corners=False)
    view = F.grid_sample(image, grid, align_corners=False)
    contrast, brightness = 1 + CONTRAST * draw.normal(1, 1, 1), BRIGHTNESS * draw.normal(1, 1, 1)
    view = view * contrast + brightness + NOISE * torch.randn(view.shape, generator=draw.chance).to(view.device)
    return OtherView(view.clamp(-1, 1), theta)


def _applied(matrix: Tensor, points: Tensor, shift: Tensor | float = 0.0) -> Tensor:
    return (points @ matrix.transpose(1, 2) + shift + 1) / 2
