"""Score a network's cuts on validation people: real photographs with hand labels, rendered people with exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from sspnet_train.data.crop import plain_crop
from sspnet_train.data.sample import LIMB_JOINTS, Sample, SampleSource, labels_only
from sspnet_train.metrics import keypoint_distance, pa_mpjpe, pck, torso_length
from sspnet_train.millimetres.pose_lift import PoseLift
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input

FULLY_VISIBLE = 11
"""Of 12 limb joints: people with so many visible count for `pa_mpjpe_mm`."""


@dataclass
class Predictions:
    """Per cut, for N people: keypoints (N, 17, 2) in the sample's pixels, joints3d (N, 17, 3) mm, confidence (N, 17).

    samples: the people's labels, without their pictures.
    """

    samples: list[Sample]
    keypoints: dict[int, np.ndarray]
    joints3d: dict[int, np.ndarray]
    confidence: dict[int, np.ndarray]


@torch.no_grad()
def predict_cuts(
    network: SSPNet, source: SampleSource, size: int, cuts: Sequence[int], batch: int = 8, limit: int | None = None
) -> Predictions:
    """Every cut's answer on the true boxes, in one pass. Cut 0 is the entry's first pose, where there is one."""
    network.eval()
    device = next(network.parameters()).device
    poses: dict[int, list[Tensor]] = {cut: [] for cut in cuts}
    views: list[np.ndarray] = []
    samples: list[Sample] = []
    count = min(len(source), limit or len(source))
    for start in range(0, count, batch):
        people = [source[i] for i in range(start, min(start + batch, count))]
        samples += [labels_only(person) for person in people]
        crops = [plain_crop(person, size) for person in people]
        views += [view for _, view in crops]
        image = network_input([crop for crop, _ in crops]).to(device)
        entry = network.entry(image)
        heads = network.refine(entry, max(max(cuts), 1))
        for cut in cuts:
            if cut == 0:
                assert entry.pose is not None
                unknown = torch.ones_like(entry.pose[..., :1])
                poses[cut].append(torch.cat([entry.pose, 0.5 * unknown, unknown], dim=2).float().cpu())
            else:
                pose, confidence, _ = heads[cut * network.config.levels - 1]
                poses[cut].append(torch.cat([pose, confidence.unsqueeze(2)], dim=2).float().cpu())
    inverse = np.stack([np.linalg.inv(np.vstack([view, [0, 0, 1]])) for view in views])
    answers = {cut: torch.cat(poses[cut]) for cut in cuts}
    keypoints = {cut: _to_sample(answers[cut][..., :2].double().numpy() * size, inverse) for cut in cuts}
    lift = PoseLift(network.config.lift).eval()
    joints3d = {cut: lift(answers[cut]).double().numpy() for cut in cuts}
    return Predictions(samples, keypoints, joints3d, {cut: answers[cut][..., 3].numpy() for cut in cuts})


def _to_sample(points: np.ndarray, inverse: np.ndarray) -> np.ndarray:
    """(N, 17, 2) pixels of crops -> pixels of their samples."""
    return np.einsum("nij,nkj->nki", inverse[:, :2, :2], points) + inverse[:, None, :2, 2]


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
    truth = np.stack([sample.keypoints for sample in samples]).astype(np.float64)
    trusted = np.stack([sample.weight > 0 for sample in samples])
    truth[~trusted] = np.nan
    sides = np.array([max(sample.box[2:]) for sample in samples])
    torso = np.where(np.isfinite(torso_length(truth)), torso_length(truth), 0.25 * sides)
    torso = np.maximum(torso, 0.1 * sides)
    distance = keypoint_distance(predictions.keypoints[cut], truth, torso)[:, limbs]
    return distance, (trusted & visible_joints(predictions))[:, limbs] & np.isfinite(distance)


def limb_errors(predictions: Predictions, cut: int) -> np.ndarray | None:
    """(N,) PA-MPJPE of the 12 limb joints in mm; None where 3D and visibility are not truly known."""
    samples, limbs = predictions.samples, list(LIMB_JOINTS)
    if samples[0].visible is None or samples[0].joints3d is None:
        return None
    true = np.stack([sample.joints3d for sample in samples if sample.joints3d is not None]).astype(np.float64)
    return pa_mpjpe(predictions.joints3d[cut][:, limbs], true[:, limbs])


def visible_joints(predictions: Predictions) -> np.ndarray:
    """(N, 17); all of them where visibility is not known."""
    return np.stack([np.ones(17, bool) if sample.visible is None else sample.visible for sample in predictions.samples])
