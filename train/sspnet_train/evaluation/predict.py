"""The one predictor of evaluation: what every head says about the people of a set, in one pass.

A cut's answer is that of its pyramid's last head. So a cut is a slice of what comes out here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from sspnet_train.data.crop import BOX_SCALE, DEPTH_RANGE_MM, view_matrix, warp
from sspnet_train.data.sample import FLIP_ORDER, Sample, SampleSource, labels_only
from sspnet_train.millimetres.pose_lift import PoseLift
from sspnet_train.millimetres.root_depth import RootDepth, box_features, root_features
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input
from sspnet_train.network.request import check_limit, check_size

FIVE_CROPS = ((0.0, 0.0), (-0.05, -0.05), (0.05, -0.05), (-0.05, 0.05), (0.05, 0.05))
"""Centres of the five boxes of multi-crop, shifted by these shares of the crop's side."""


@dataclass
class HeadPoses:
    """Answers of H heads about N people.

    Attributes:
        keypoints: (H, N, J, 2) in the sample's pixels.
        depth: (H, N, J) mm from the root, as the network says it.
        confidence: (H, N, J) in [0, 1].
        root_z: (N,) mm from the camera to the root as estimated, or None.
        samples: the people's labels, without their pictures.
        first: (N, J, 2) pixels: the pose that a guided entry gives to the first pyramid, or None.
        lift: from answers to millimetres as the network's bundle does it, or None.
    """

    keypoints: np.ndarray
    depth: np.ndarray
    confidence: np.ndarray
    root_z: np.ndarray | None
    samples: list[Sample]
    first: np.ndarray | None = None
    lift: PoseLift | None = None


@torch.no_grad()
def predict_heads(
    network: SSPNet,
    source: SampleSource,
    size: int,
    *,
    last_cut: int | None = None,
    flip: bool = False,
    crops: int = 1,
    limit: int | None = None,
    batch: int = 8,
    root: RootDepth | None = None,
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> HeadPoses:
    """Poses on the true boxes, the mean over all views of a person.

    Args:
        network: put into eval mode.
        source: the people.
        size: side of the input, pixels.
        last_cut: run no pyramid after this one.
        flip: see each box mirrored too.
        crops: 1, or 5 boxes for Section 4.2's multi-crop.
        limit: only so many people, the first of the set.
        batch: people in one pass.
        root: also estimate how far away the root is.
        on_progress: called with the people done and their whole number.

    Raises:
        TrainingOptionError: a size or limit that means nothing.
    """
    check_size(network.config, size)
    check_limit(limit)
    network.eval()
    views = [(shift, mirror) for shift in FIVE_CROPS[:crops] for mirror in ((False, True) if flip else (False,))]
    found: list[HeadPoses] = []
    count = min(len(source), limit or len(source))
    for start in range(0, count, batch):
        people = [source[i] for i in range(start, min(start + batch, count))]
        found.append(_mean([_one_view(network, people, size, shift, mirror, last_cut, root) for shift, mirror in views]))
        on_progress(start + len(people), count)
    return replace(_joined(found), lift=PoseLift.of(network))


def joints_in_mm(poses: HeadPoses, keypoints: np.ndarray, depth: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """Answers as a bundle gives them, through `PoseLift`.

    Args:
        poses: whose people they are.
        keypoints: (N, J, 2) pixels, of one head.
        depth: (N, J) mm, likewise.
        confidence: (N, J), likewise.

    Returns:
        (N, J, 3) mm, pelvis at the origin, of a canonical adult's size.
    """
    side = BOX_SCALE * np.array([max(sample.box[2:]) for sample in poses.samples])[:, None, None]
    z = depth[..., None] / DEPTH_RANGE_MM + 0.5
    answers = np.concatenate([keypoints / side, z, confidence[..., None]], axis=2)
    assert poses.lift is not None
    with torch.no_grad():
        return poses.lift(torch.from_numpy(answers).float()).double().numpy()


def _mean(views: Sequence[HeadPoses]) -> HeadPoses:
    """Of several views of the same people."""

    def mean(values: Sequence[np.ndarray | None]) -> np.ndarray | None:
        known = [value for value in values if value is not None]
        return np.mean(known, axis=0) if known else None

    return HeadPoses(
        np.mean([view.keypoints for view in views], axis=0),
        np.mean([view.depth for view in views], axis=0),
        np.mean([view.confidence for view in views], axis=0),
        mean([view.root_z for view in views]),
        views[0].samples,
        mean([view.first for view in views]),
    )


def _joined(batches: Sequence[HeadPoses]) -> HeadPoses:
    """Of several batches of people, one after the other."""

    def joined(parts: Sequence[np.ndarray | None]) -> np.ndarray | None:
        known = [part for part in parts if part is not None]
        return np.concatenate(known) if known else None

    return HeadPoses(
        np.concatenate([part.keypoints for part in batches], axis=1),
        np.concatenate([part.depth for part in batches], axis=1),
        np.concatenate([part.confidence for part in batches], axis=1),
        joined([part.root_z for part in batches]),
        [sample for part in batches for sample in part.samples],
        joined([part.first for part in batches]),
    )


def _one_view(
    network: SSPNet,
    people: Sequence[Sample],
    size: int,
    shift: tuple[float, float],
    mirror: bool,
    last_cut: int | None,
    root: RootDepth | None,
) -> HeadPoses:
    matrices = [_view(person.box, size, shift, mirror) for person in people]
    pictures = np.stack([warp(person.image, matrix, size) for person, matrix in zip(people, matrices, strict=True)])
    device = next(network.parameters()).device
    image = network_input(pictures).to(device)
    given, heads = network.answers(image, last_cut)
    pose = np.stack([head.pose.float().cpu().numpy() for head in heads]).astype(np.float64)
    confidence = np.stack([head.confidence.float().cpu().numpy() for head in heads])
    first = None if not given else given[0].float().cpu().numpy().astype(np.float64)[None]
    if mirror:
        order = list(FLIP_ORDER[: pose.shape[2]])
        pose, confidence, first = pose[:, :, order], confidence[:, :, order], None if first is None else first[:, :, order]
    inverse = np.stack([np.linalg.inv(np.vstack([matrix, [0, 0, 1]])) for matrix in matrices])
    root_z = None
    if root is not None:
        boxes = torch.stack([box_features(person) for person in people]).to(device)
        root_z = root.absolute(root_features(network, image), boxes).cpu().numpy()
    return HeadPoses(
        _to_sample(pose[..., :2] * size, inverse),
        (pose[..., 2] - 0.5) * DEPTH_RANGE_MM,
        confidence,
        root_z,
        [labels_only(person) for person in people],
        None if first is None else _to_sample(first * size, inverse)[0],
    )


def _to_sample(points: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """Pixels of crops as pixels of the samples. (H, N, J, 2), and the inverses of their views (N, 3, 3)."""
    return np.einsum("nij,hnkj->hnki", inverse[:, :2, :2], points) + inverse[:, None, :2, 2]


def _view(box: np.ndarray, size: int, shift: tuple[float, float], mirror: bool) -> np.ndarray:
    x, y, w, h = (float(value) for value in box)
    side = BOX_SCALE * max(w, h)
    return view_matrix(np.array([x + w / 2, y + h / 2]) + side * np.array(shift), side, size, mirror=mirror)
