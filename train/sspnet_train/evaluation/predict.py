"""What every head of a network says about the people of a set: one pass, several views of each person if asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from sspnet_train.data.crop import BOX_SCALE, DEPTH_RANGE_MM, view_matrix, warp
from sspnet_train.data.sample import FLIP_ORDER, Sample, SampleSource, labels_only
from sspnet_train.millimetres.root_depth import RootDepth, box_features, root_features
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input

FIVE_CROPS = ((0.0, 0.0), (-0.05, -0.05), (0.05, -0.05), (-0.05, 0.05), (0.05, 0.05))
"""Centres of the five boxes of multi-crop, shifted by these shares of the crop's side."""


@dataclass
class HeadPoses:
    """For H heads and N people: keypoints (H, N, 17, 2) in the sample's pixels, depth (H, N, 17) mm from the root as the
    network says it, confidence (H, N, 17); root_z (N,) mm estimated, or None; samples: their labels, pictures left out."""

    keypoints: np.ndarray
    depth: np.ndarray
    confidence: np.ndarray
    root_z: np.ndarray | None
    samples: list[Sample]


@torch.no_grad()
def predict_heads(
    network: SSPNet,
    source: SampleSource,
    size: int,
    *,
    flip: bool = False,
    crops: int = 1,
    limit: int | None = None,
    batch: int = 8,
    root: RootDepth | None = None,
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> HeadPoses:
    """Poses on the true boxes. flip: mean with the mirrored view; crops: 1, or 5 boxes (Section 4.2's multi-crop), mean over
    all views."""
    network.eval()
    views = [(shift, mirror) for shift in FIVE_CROPS[:crops] for mirror in ((False, True) if flip else (False,))]
    samples: list[Sample] = []
    found: list[tuple[np.ndarray, ...]] = []
    count = min(len(source), limit or len(source))
    for start in range(0, count, batch):
        people = [source[i] for i in range(start, min(start + batch, count))]
        answers = [_one_view(network, people, size, shift, mirror, root) for shift, mirror in views]
        found.append(tuple(np.mean(parts, axis=0) for parts in zip(*answers, strict=True)))
        samples += [labels_only(person) for person in people]
        on_progress(len(samples), count)
    keypoints, depth, confidence, *rest = (
        np.concatenate(parts, axis=-1 if parts[0].ndim == 1 else 1) for parts in zip(*found, strict=True)
    )
    return HeadPoses(keypoints, depth, confidence, rest[0] if rest else None, samples)


def _one_view(
    network: SSPNet, people: Sequence[Sample], size: int, shift: tuple[float, float], mirror: bool, root: RootDepth | None
) -> tuple[np.ndarray, ...]:
    """-> keypoints (H, n, 17, 2) in the samples' pixels, depth (H, n, 17) mm, confidence, and root_z (n,) with a root network."""
    matrices = [_view(person.box, size, shift, mirror) for person in people]
    pictures = np.stack([warp(person.image, matrix, size) for person, matrix in zip(people, matrices, strict=True)])
    device = next(network.parameters()).device
    image = network_input(pictures).to(device)
    entry = network.entry(image)
    heads = network.refine(entry)
    pose = np.stack([head.pose.float().cpu().numpy() for head in heads]).astype(np.float64)
    confidence = np.stack([head.confidence.float().cpu().numpy() for head in heads])
    if mirror:
        pose, confidence = pose[:, :, list(FLIP_ORDER)], confidence[:, :, list(FLIP_ORDER)]
    inverse = np.stack([np.linalg.inv(np.vstack([matrix, [0, 0, 1]])) for matrix in matrices])
    keypoints = np.einsum("nij,hnkj->hnki", inverse[:, :2, :2], pose[..., :2] * size) + inverse[:, None, :2, 2]
    answer = (keypoints, (pose[..., 2] - 0.5) * DEPTH_RANGE_MM, confidence)
    if root is None:
        return answer
    boxes = torch.stack([box_features(person) for person in people]).to(device)
    return *answer, root.absolute(root_features(network, entry), boxes).cpu().numpy()


def _view(box: np.ndarray, size: int, shift: tuple[float, float], mirror: bool) -> np.ndarray:
    x, y, w, h = (float(value) for value in box)
    side = BOX_SCALE * max(w, h)
    return view_matrix(np.array([x + w / 2, y + h / 2]) + side * np.array(shift), side, size, mirror=mirror)
