"""Score a network's cuts on validation people: real photographs with hand labels, rendered people with exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sspnet_train.data.sample import LIMB_JOINTS, Sample, SampleSource
from sspnet_train.evaluation.predict import HeadPoses, joints_in_mm, predict_heads
from sspnet_train.metrics import keypoint_distance, pa_mpjpe, pck, torso
from sspnet_train.network.model import SSPNet

FULLY_VISIBLE = 11
"""Of 12 limb joints: people with so many visible count for `pa_mpjpe_mm`."""


@dataclass
class Predictions:
    """Answers of some cuts about N people, by cut.

    Attributes:
        samples: the people's labels, without their pictures.
        keypoints: (N, J, 2) in the sample's pixels.
        joints3d: (N, J, 3) mm.
        confidence: (N, J) in [0, 1].
    """

    samples: list[Sample]
    keypoints: dict[int, np.ndarray]
    joints3d: dict[int, np.ndarray]
    confidence: dict[int, np.ndarray]


def predict_cuts(
    network: SSPNet, source: SampleSource, size: int, cuts: Sequence[int], batch: int = 8, limit: int | None = None
) -> Predictions:
    """Every cut's answer on the true boxes, in one pass.

    Args:
        network: put into eval mode.
        source: the people.
        size: side of the input, pixels.
        cuts: pyramids 1…K. Cut 0 is the first pose of a guided entry.
        batch: people in one pass.
        limit: only so many people, the first of the set.
    """
    poses = predict_heads(network, source, size, last_cut=max(*cuts, 1), limit=limit, batch=batch)
    found = Predictions(poses.samples, {}, {}, {})
    for cut in cuts:
        keypoints, depth, confidence = _answer(poses, cut, network.config.levels)
        found.keypoints[cut], found.confidence[cut] = keypoints, confidence
        found.joints3d[cut] = joints_in_mm(poses, keypoints, depth, confidence)
    return found


def _answer(poses: HeadPoses, cut: int, levels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """-> keypoints, depth, confidence of a cut: its pyramid's last head, or the entry's flat pose."""
    if cut:
        head = cut * levels - 1
        return poses.keypoints[head], poses.depth[head], poses.confidence[head]
    assert poses.first is not None
    joints = poses.first.shape[:2]
    return poses.first, np.zeros(joints), np.ones(joints)


def score(predictions: Predictions, cut: int) -> dict[str, float]:
    """PCK@0.2 torso of the limb joints (visible ones where visibility is known), PA-MPJPE of 12 limb joints where 3D is true,
    and `calibration`: of the joints with confidence above 0.8, the share within 0.2 torso."""
    distance, valid = limb_distances(predictions, cut)
    scores = {"pck": pck(distance, valid, 0.2), "pck_0.1": pck(distance, valid, 0.1)}
    sure = valid & (predictions.confidence[cut][:, list(LIMB_JOINTS)] > 0.8)
    scores["calibration"], scores["sure"] = pck(distance, sure, 0.2), float(sure.sum() / max(valid.sum(), 1))
    errors = limb_errors(predictions, cut)
    if errors is not None:
        clear = visible_joints(predictions)[:, list(LIMB_JOINTS)].sum(axis=1) >= FULLY_VISIBLE
        scores |= {"pa_mpjpe_mm": float(errors[clear].mean()), "pa_mpjpe_all_mm": float(errors.mean())}
    return scores


def limb_distances(predictions: Predictions, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """(N, 12) distances from the truth in torso lengths, and which of them count: labelled, in sight where that is known."""
    samples, limbs = predictions.samples, list(LIMB_JOINTS)
    joints = predictions.keypoints[cut].shape[1]
    truth = np.stack([sample.keypoints[:joints] for sample in samples]).astype(np.float64)
    trusted = np.stack([sample.weight[:joints] > 0 for sample in samples])
    truth[~trusted] = np.nan
    boxes = np.stack([sample.box for sample in samples])
    distance = keypoint_distance(predictions.keypoints[cut], truth, torso(truth, boxes))[:, limbs]
    return distance, (trusted[:, limbs] & visible_joints(predictions)[:, limbs]) & np.isfinite(distance)


def limb_errors(predictions: Predictions, cut: int) -> np.ndarray | None:
    """(N,) PA-MPJPE of the 12 limb joints in mm; None where 3D and visibility are not truly known."""
    samples, limbs = predictions.samples, list(LIMB_JOINTS)
    if samples[0].visible is None or samples[0].joints3d is None:
        return None
    true = np.stack([sample.joints3d for sample in samples if sample.joints3d is not None]).astype(np.float64)
    return pa_mpjpe(predictions.joints3d[cut][:, limbs], true[:, limbs])


def visible_joints(predictions: Predictions) -> np.ndarray:
    """(N, 17); all of them where visibility is not known."""
    return np.stack([np.ones(28, bool) if sample.visible is None else sample.visible for sample in predictions.samples])
