"""Errors of poses: PCK, MPJPE, PA-MPJPE, AUC. Everything numpy, batched over people."""

from __future__ import annotations

import numpy as np


def keypoint_distance(predicted: np.ndarray, truth: np.ndarray, torso: np.ndarray) -> np.ndarray:
    """Distance of joints in torso lengths.

    Args:
        predicted: (N, J, 2) pixels.
        truth: (N, J, 2) pixels; NaN where there is no label.
        torso: (N,) pixels.

    Returns:
        (N, J); NaN where the truth is NaN.
    """
    return np.linalg.norm(predicted - truth, axis=2) / torso[:, None]


def pck(distance: np.ndarray, valid: np.ndarray, threshold: float) -> float:
    """Share of valid joints that are closer than the threshold. `distance` and `valid` are (N, J)."""
    return float((distance[valid] < threshold).mean()) if valid.any() else float("nan")


def torso_length(keypoints: np.ndarray) -> np.ndarray:
    """Distance from the middle of the hips to the middle of the shoulders. (N, J, 2 or 3) -> (N,)."""
    hips, shoulders = (keypoints[:, 1] + keypoints[:, 4]) / 2, (keypoints[:, 11] + keypoints[:, 14]) / 2
    return np.linalg.norm(shoulders - hips, axis=1)


def torso(keypoints: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """The length that errors in a picture are measured in, one for each person.

    It is the torso's length. If a hip or a shoulder has no label, it is a quarter of the box's longer side. It is never less than
    a tenth of that side, because somebody seen from above has hardly any torso.

    Args:
        keypoints: (N, J, 2) true joints in pixels, NaN where there is no label.
        boxes: (N, 4) x, y, w, h in pixels.

    Returns:
        (N,) pixels.
    """
    side = np.asarray(boxes, np.float64)[:, 2:].max(axis=1)
    length = torso_length(keypoints)
    return np.maximum(np.where(np.isfinite(length), length, 0.25 * side), 0.1 * side)


def mpjpe(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean per joint position error. (N, J, 3) mm each, with roots already aligned -> (N,) mm."""
    return np.linalg.norm(predicted - truth, axis=2).mean(axis=1)


def scaled_mpjpe(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE at the scale that brings the prediction nearest to the truth. (N, J, 3), roots aligned -> (N,) mm."""
    scale = (predicted * truth).sum(axis=(1, 2)) / np.maximum(np.square(predicted).sum(axis=(1, 2)), 1e-12)
    return mpjpe(predicted * scale[:, None, None], truth)


def pitch_error(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """How much further the predicted torso leans away from the camera than the true one.

    Args:
        predicted, truth: (N, 17 or more, 3) mm, x right, y down, z away.

    Returns:
        (N,) degrees in [-180, 180): the angle between the lines from pelvis to thorax, about the camera's x axis.
    """
    lean = [np.arctan2((pose[:, 8] - pose[:, 0])[:, 2], -(pose[:, 8] - pose[:, 0])[:, 1]) for pose in (predicted, truth)]
    return (np.degrees(lean[0] - lean[1]) + 180) % 360 - 180


def procrustes(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Move each prediction as near to the truth as rotation, scale and translation can. (N, J, 3) -> (N, J, 3)."""
    mean_p, mean_t = predicted.mean(axis=1, keepdims=True), truth.mean(axis=1, keepdims=True)
    p, t = predicted - mean_p, truth - mean_t
    u, s, vt = np.linalg.svd(np.einsum("nji,njk->nik", p, t))
    sign = np.ones_like(s)
    sign[:, -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None, :]) @ vt
    scale = (s * sign).sum(axis=1) / np.maximum(np.square(p).sum(axis=(1, 2)), 1e-12)
    return scale[:, None, None] * (p @ rotation) + mean_t


def pa_mpjpe(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """MPJPE after `procrustes`. (N, J, 3) -> (N,) mm."""
    return mpjpe(procrustes(predicted, truth), truth)


def auc(errors_mm: np.ndarray, up_to_mm: float = 150.0, steps: int = 31) -> float:
    """Area under the 3D PCK curve: the mean over thresholds from 0 to 150 mm, as in MPI-INF-3DHP's evaluation.

    Errors of any shape.
    """
    return float(np.mean([(errors_mm < threshold).mean() for threshold in np.linspace(0, up_to_mm, steps)]))
