"""Coordinates, depth and confidence read from heatmaps (Section 3.2 of the paper)."""

from __future__ import annotations

import torch
from torch import Tensor


def pixel_centres(extent: int, like: Tensor) -> Tensor:
    """Centres of `extent` cells on [0, 1]: (2j - 1) / (2 extent), the W and H of Eq. 6 and 7."""
    return (torch.arange(extent, device=like.device, dtype=like.dtype) + 0.5) / extent


def spatial_softmax(logits: Tensor) -> Tensor:
    """Φ of Eq. 5: softmax over the cells of each map. (N, J, H, W) -> the same shape. Each map sums to 1."""
    return torch.softmax(logits.flatten(2), dim=2).view(logits.shape)


def expectation(heatmap: Tensor) -> Tensor:
    """Expected position under normalised heatmaps (Eq. 6-8). (N, J, H, W) -> (N, J, 2): u, v in [0, 1]."""
    u = (heatmap.sum(dim=2) * pixel_centres(heatmap.shape[3], heatmap)).sum(dim=2)
    v = (heatmap.sum(dim=3) * pixel_centres(heatmap.shape[2], heatmap)).sum(dim=2)
    return torch.stack([u, v], dim=2)


def attended_depth(heatmap: Tensor, depth_map: Tensor) -> Tensor:
    """z = Σ d·Φ (Eq. 10). Both (N, J, H, W), depth map in [0, 1] -> (N, J, 1). z_mm = (z - 0.5)·2000 from the root."""
    return (heatmap * depth_map).flatten(2).sum(dim=2, keepdim=True)


def peak_mass(heatmap: Tensor) -> Tensor:
    """Confidence of Section 3.2.3: the largest sum over any 2x2 window. (N, J, H, W) -> (N, J) in [0, 1]."""
    rows = heatmap[:, :, :-1] + heatmap[:, :, 1:] if heatmap.shape[2] > 1 else heatmap
    windows = rows[..., :-1] + rows[..., 1:] if heatmap.shape[3] > 1 else rows
    return windows.amax(dim=(2, 3))


def log_prior(shape: torch.Size, pose: Tensor, sharpness: Tensor, log_scale: Tensor) -> Tensor:
    """Heavy-tailed prior around a known pose, as logits: -α·log(1 + d²/s²), d in cells.

    Args:
        shape: (N, J, H, W) of the map.
        pose: (N, J, 2) in [0, 1].
        sharpness: α > 0.
        log_scale: log s².
    """
    height, width = shape[2], shape[3]
    dx = (pixel_centres(width, pose) - pose[..., 0:1]) * width
    dy = (pixel_centres(height, pose) - pose[..., 1:2]) * height
    distance2 = (dx * dx).unsqueeze(2) + (dy * dy).unsqueeze(3)
    return -sharpness * torch.log1p(distance2 * torch.exp(-log_scale))
