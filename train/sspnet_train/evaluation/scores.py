"""Score a network's cuts on validation people: real photographs with hand labels, rendered people with exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.sample import BODY_FLIP_ORDER, LIMB_JOINTS, Sample, SampleSource
from sspnet_train.evaluation.predict import HeadPoses, joints_in_mm, predict_heads
from sspnet_train.metrics import keypoint_distance, mpjpe, pa_mpjpe, pck, pitch_error, scaled_mpjpe, torso
from sspnet_train.network.model import SSPNet
from sspnet_train.network.request import check_cuts

FACE, FEET = slice(17, 22), slice(22, 28)
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

    Raises:
        TrainingOptionError: a cut, size or limit that means nothing.
    """
    check_cuts(network.config, cuts, first=0 if network.config.entry == "movenet" else 1)
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
    """What a cut is worth on a set of people.

    Returns:
        `pck`, `pck_0.1`: share of limb joints within 0.2 and 0.1 torso; those in sight where that is known.
        `pck_face`, `pck_feet`: the same of nose, eyes and ears, and of heels and toes, where set and network have them.
        `mirrored`: share of people most of whose limb joints lie nearer to their partner's place than to their own.
        `sure`, `calibration`: share of joints with confidence above 0.8, and how many of those are within 0.2 torso.
        And `millimetre_scores`, where 3D is true.
    """
    limbs, joints = list(LIMB_JOINTS), predictions.keypoints[cut].shape[1]
    distance, valid = joint_distances(predictions, cut)
    scores = {"pck": pck(distance[:, limbs], valid[:, limbs], 0.2), "pck_0.1": pck(distance[:, limbs], valid[:, limbs], 0.1)}
    for name, part in (("pck_face", FACE), ("pck_feet", FEET)):
        if joints > BODY_JOINTS and valid[:, part].any():
            scores[name] = pck(distance[:, part], valid[:, part], 0.2)
    scores["mirrored"] = float(mirrored(predictions, cut).mean())
    sure = valid[:, limbs] & (predictions.confidence[cut][:, limbs] > 0.8)
    scores["calibration"], scores["sure"] = pck(distance[:, limbs], sure, 0.2), float(sure.sum() / max(valid[:, limbs].sum(), 1))
    return scores | millimetre_scores(predictions, cut)


def millimetre_scores(predictions: Predictions, cut: int) -> dict[str, float]:
    """Errors of the 12 limb joints in mm. Empty where 3D is not truly known.

    - `pa_mpjpe_all_mm`: of all people.

    And of people with 11 or 12 of them in sight, where there is one:

    - `pa_mpjpe_mm`.
    - `mpjpe_mm`: from the root.
    - `scaled_mpjpe_mm`: at the best scale.
    - `pitch_deg`: the mean lean away from the camera that is too much.
    """
    errors = limb_errors(predictions, cut)
    if errors is None:
        return {}
    limbs, found = list(LIMB_JOINTS), predictions.joints3d[cut]
    true = _true_joints3d(predictions)
    clear = visible_joints(predictions.samples)[:, limbs].sum(axis=1) >= FULLY_VISIBLE
    of_all = {"pa_mpjpe_all_mm": float(errors.mean())}
    if not clear.any():
        return of_all
    from_root, true_from_root = (pose[:, limbs] - pose[:, :1] for pose in (found, true))
    return of_all | {
        "pa_mpjpe_mm": float(errors[clear].mean()),
        "mpjpe_mm": float(mpjpe(from_root, true_from_root)[clear].mean()),
        "scaled_mpjpe_mm": float(scaled_mpjpe(from_root, true_from_root)[clear].mean()),
        "pitch_deg": float(pitch_error(found, true)[clear].mean()),
    }


def mirrored(predictions: Predictions, cut: int) -> np.ndarray:
    """(N,) people whose left and right are taken for each other: most limb joints lie nearer to their partner's place."""
    limbs = list(LIMB_JOINTS)
    truth = np.stack([sample.keypoints[:BODY_JOINTS] for sample in predictions.samples]).astype(np.float64)
    trusted = np.stack([sample.weight[:BODY_JOINTS] > 0 for sample in predictions.samples])
    found, order = predictions.keypoints[cut][:, limbs], list(BODY_FLIP_ORDER)
    own, other = (np.linalg.norm(found - place[:, limbs], axis=2) for place in (truth, truth[:, order]))
    both = (trusted & trusted[:, order])[:, limbs]
    return ((other < own) & both).sum(axis=1) > 0.5 * np.maximum(both.sum(axis=1), 1)


def joint_distances(predictions: Predictions, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """As `distances_of`, of a cut."""
    return distances_of(predictions.samples, predictions.keypoints[cut])


def distances_of(samples: Sequence[Sample], keypoints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far answers are from the truth.

    Args:
        samples: N people.
        keypoints: (N, J or more, 2) the answers, in the samples' pixels. J: the joints that both the network and the set have.

    Returns:
        (N, J) distances in torso lengths, and which of them count: labelled, in sight where that is known.
    """
    joints = min(keypoints.shape[1], len(samples[0].keypoints))
    truth = np.stack([sample.keypoints[:joints] for sample in samples]).astype(np.float64)
    trusted = np.stack([sample.weight[:joints] > 0 for sample in samples])
    truth[~trusted] = np.nan
    boxes = np.stack([sample.box for sample in samples])
    distance = keypoint_distance(keypoints[:, :joints], truth, torso(truth, boxes))
    return distance, trusted & visible_joints(samples)[:, :joints] & np.isfinite(distance)


def limb_distances(predictions: Predictions, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """`joint_distances` of the 12 limb joints."""
    distance, valid = joint_distances(predictions, cut)
    return distance[:, list(LIMB_JOINTS)], valid[:, list(LIMB_JOINTS)]


def limb_errors(predictions: Predictions, cut: int) -> np.ndarray | None:
    """(N,) PA-MPJPE of the 12 limb joints in mm; None where 3D and visibility are not truly known."""
    samples, limbs = predictions.samples, list(LIMB_JOINTS)
    if samples[0].visible is None or samples[0].joints3d is None:
        return None
    return pa_mpjpe(predictions.joints3d[cut][:, limbs], _true_joints3d(predictions)[:, limbs])


def _true_joints3d(predictions: Predictions) -> np.ndarray:
    """(N, 17, 3) mm."""
    known = [sample.joints3d[:BODY_JOINTS] for sample in predictions.samples if sample.joints3d is not None]
    return np.stack(known).astype(np.float64)


def visible_joints(samples: Sequence[Sample]) -> np.ndarray:
    """(N, J); all of them where visibility is not known."""
    seen = [np.ones(len(sample.keypoints), bool) if sample.visible is None else sample.visible for sample in samples]
    return np.stack(seen)
