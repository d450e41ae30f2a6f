"""From a sample to a training example: one random view (Section 4.2), other people pasted in, occluders, colour."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from sspnet_sdk.pose import JOINT_PARENTS
from sspnet_train.data.crop import BOX_SCALE, DEPTH_RANGE_MM, view_matrix, warp
from sspnet_train.data.sample import FLIP_ORDER, Sample, padded


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random view.

    Attributes:
        scale: least and largest factor on the crop's side.
        rotation_deg: largest turn to either side.
        any_rotation: share of crops that are turned by any angle.
        shift: largest move of the centre, in shares of the box's longer side.
        gain: largest change of each colour's brightness.
        mirror: whether half of the crops are mirrored.
        paste: share of crops that get other people.
        occlude: share that get a flat occluder.
        degrade: share that are blurred, compressed, made small or grey.
    """

    scale: tuple[float, float] = (0.7, 1.3)
    rotation_deg: float = 30.0
    any_rotation: float = 0.0
    shift: float = 0.0
    gain: float = 0.1
    mirror: bool = True
    paste: float = 0.0
    occlude: float = 0.0
    degrade: float = 0.0


PAPER = Augmentation()
SMALL_MACHINE = Augmentation(scale=(0.75, 1.4), any_rotation=0.04, shift=0.08, gain=0.12, paste=0.45, occlude=0.15, degrade=0.3)
ANY_CAMERA = replace(SMALL_MACHINE, any_rotation=0.1, paste=0.3)
GENTLE = Augmentation(
    scale=(0.85, 1.25), rotation_deg=20.0, any_rotation=0.05, shift=0.05, gain=0.12, paste=0.12, occlude=0.05, degrade=0.12
)


@dataclass
class Example:
    """What the network sees, and what it should say. J joints, as many as the sample has.

    Attributes:
        image: (size, size, 3) uint8 RGB.
        target: (J, 3) u, v, z in [0, 1].
        weight: (J, 3) trust in each coordinate.
        present: (J,) 1 in the crop, 0 outside it or where nobody is, NaN where unknown.
        visible: (J,) seen in the sample's picture; True where that is unknown.
        torso: its length in crop units, at least 0.1.
        turn: (2, 2) from the sample's axes to the crop's, without scale; its determinant is -1 where the view is mirrored.
    """

    image: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    present: np.ndarray
    visible: np.ndarray
    torso: float
    turn: np.ndarray


def make_example(
    sample: Sample,
    size: int,
    augmentation: Augmentation,
    rng: np.random.Generator,
    others: list[Sample] | None = None,
    nudge: np.ndarray | None = None,
) -> Example:
    """One random view of a sample.

    Args:
        sample: the person.
        size: side of the crop, pixels.
        augmentation: ranges of the view.
        rng: decides it.
        others: people to paste in, beside or behind the person.
        nudge: affine (3, 3) from the crop to the crop that is made instead, pixels.
    """
    sample, others = padded(sample), [padded(other) for other in others or []]
    view, mirrored = _random_view(sample.box, size, augmentation, rng)
    if nudge is not None:
        view = nudge[:2] @ np.vstack([view, [0, 0, 1]])
    border = cv2.BORDER_CONSTANT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
    image = warp(sample.image, view, size, border)
    points = sample.keypoints @ view[:, :2].T + view[:, 2]
    for other in others:
        image = _paste_person(image, points, sample.weight, other, size, rng)
    image = _occlude(image, rng) if rng.random() < augmentation.occlude else image
    image = _recolour(image, augmentation, rng)
    order = list(FLIP_ORDER) if mirrored else list(range(len(FLIP_ORDER)))
    turn = view[:, :2] / np.sqrt(abs(np.linalg.det(view[:, :2])))
    visible = np.ones(len(order), bool) if sample.visible is None else sample.visible[order]
    labels = sample.weight[order], sample.depth[order], sample.weight_depth[order]
    return _labelled(image, points[order] / size, *labels, visible, turn)


def _random_view(box: np.ndarray, size: int, augmentation: Augmentation, rng: np.random.Generator) -> tuple[np.ndarray, bool]:
    x, y, w, h = (float(v) for v in box)
    side = max(w, h)
    low, high = np.log(augmentation.scale)
    centre = np.array([x + w / 2, y + h / 2]) + rng.uniform(-1, 1, 2) * augmentation.shift * side
    angle = rng.uniform(-1, 1) * augmentation.rotation_deg * (rng.random() < 0.6)
    if rng.random() < augmentation.any_rotation:
        angle = rng.uniform(-180, 180)
    mirror = augmentation.mirror and rng.random() < 0.5
    return view_matrix(centre, BOX_SCALE * side * float(np.exp(rng.uniform(low, high))), size, angle, mirror), mirror


def _paste_person(
    image: np.ndarray, points: np.ndarray, weight: np.ndarray, other: Sample, size: int, rng: np.random.Generator
) -> np.ndarray:
    """Another person beside the target, or behind it. If behind, the target's own limbs stay in front."""
    known = other.weight > 0.2
    if known.sum() < 8:
        return image
    x, y, w, h = other.box
    side = max(w, h) * BOX_SCALE / rng.uniform(0.6, 1.2)
    direction = rng.uniform(-np.pi, np.pi)
    offset = rng.uniform(0.3, 0.6) * np.array([np.cos(direction), 0.5 * np.sin(direction)])
    view = view_matrix(np.array([x + w / 2, y + h / 2]), side, size, rng.uniform(-15, 15), rng.random() < 0.5)
    view[:, 2] += offset * size
    mask = _body_mask(other.keypoints @ view[:, :2].T + view[:, 2], known, size, 0.14)
    if rng.random() < 0.7:
        mask = mask * (1 - _body_mask(points, weight > 0.2, size, 0.09))
    pasted = warp(other.image, view, size)
    return (image + mask[..., None] * (pasted.astype(np.float32) - image)).astype(np.uint8)


def _body_mask(points: np.ndarray, known: np.ndarray, size: int, thickness: float) -> np.ndarray:
    """Soft silhouette (size, size) in [0, 1] from thick limbs."""
    mask = np.zeros((size, size), np.uint8)
    if not known.any():
        return mask.astype(np.float32)
    extent = float(np.ptp(points[known], axis=0).max())
    width = int(np.clip(thickness * extent, 2, size / 3))
    whole = np.clip(np.round(points), -4 * size, 4 * size).astype(int)
    for joint, parent in enumerate(JOINT_PARENTS):
        if parent >= 0 and known[joint] and known[parent]:
            cv2.line(mask, tuple(map(int, whole[joint])), tuple(map(int, whole[parent])), 255, width)
    if known[10]:
        cv2.circle(mask, tuple(map(int, whole[10])), width, 255, -1)
    blur = max(3, width // 2 | 1)
    return cv2.GaussianBlur(mask, (blur, blur), 0).astype(np.float32) / 255


def _occlude(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    size = image.shape[0]
    w, h = (rng.uniform(0.1, 0.45, 2) * size).astype(int)
    x, y = rng.integers(0, size - w), rng.integers(0, size - h)
    image = image.copy()
    if rng.random() < 0.5:
        image[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    else:
        sx, sy = rng.integers(0, size - w), rng.integers(0, size - h)
        image[y : y + h, x : x + w] = image[sy : sy + h, sx : sx + w].copy()
    return image


def _recolour(image: np.ndarray, augmentation: Augmentation, rng: np.random.Generator) -> np.ndarray:
    gains = rng.uniform(1 - augmentation.gain, 1 + augmentation.gain, 3)
    if rng.random() < augmentation.degrade:
        image = _degrade(image, rng)
        gains = gains * rng.uniform(0.6, 1.35)
    return np.clip(image * gains.astype(np.float32), 0, 255).astype(np.uint8)


def _degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What cameras and codecs do: low resolution, motion blur, JPEG, grey."""
    choice, size = rng.integers(0, 4), image.shape[0]
    if choice == 0:
        small = cv2.resize(image, (int(size * rng.uniform(0.25, 0.7)),) * 2, interpolation=cv2.INTER_AREA)
        return cv2.resize(small, (size, size))
    if choice == 1:
        length = int(rng.integers(2, 3 + size // 32))
        kernel = np.full((1, length), 1 / length, np.float32)
        return cv2.filter2D(image, -1, kernel if rng.random() < 0.6 else kernel.T)
    if choice == 2:
        encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))])[1]
        return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR))
    return np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def _labelled(
    image: np.ndarray, uv: np.ndarray, weight: np.ndarray, depth: np.ndarray, weight_depth: np.ndarray, visible: np.ndarray,
    turn: np.ndarray,
) -> Example:  # fmt: skip
    inside = ((uv > -0.02) & (uv < 1.02)).all(axis=1)
    z = np.clip(depth / DEPTH_RANGE_MM + 0.5, 0, 1)
    trust = np.stack([weight * inside, weight * inside, weight_depth * inside], axis=1)
    known = (weight > 0.2) & np.isfinite(uv).all(axis=1)
    present = np.where(known & inside, 1.0, np.where(known, 0.0, np.nan))
    if not (weight > 0).any():
        present = np.zeros(len(uv))
    torso = float(np.linalg.norm(uv[8] - uv[0])) if known[8] and known[0] else 0.2
    target = np.concatenate([uv, z[:, None]], axis=1)
    target[(trust == 0) & ~np.isfinite(target)] = 0  # nothing times NaN is NaN
    target, trust, present = (part.astype(np.float32) for part in (target, trust, present))
    return Example(image, target, trust, present, visible, max(torso, 0.1), turn)
