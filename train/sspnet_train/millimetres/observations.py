"""What a pose network says about people whose joints are known, in one random view of each."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from sspnet_sdk.pose import BODY_JOINTS
from sspnet_train.data.augment import Augmentation, Example, make_example
from sspnet_train.data.sample import FLIP_ORDER, JOINTS, Sample, SampleSource, canonical_scale
from sspnet_train.errors import DataError
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input
from sspnet_train.whole_file import whole_file

VIEW = Augmentation(
    scale=(0.8, 1.3), rotation_deg=25.0, any_rotation=0.02, shift=0.06, gain=0.12, paste=0.3, occlude=0.1, degrade=0.3
)


class Observations(NamedTuple):
    """What a pose network said about n people, and the truth.

    Attributes:
        poses: (n, cuts, J, 4) u, v, z, confidence.
        points: (n, 17 or 28, 2) the true u, v, of as many joints as the set has.
        visible: (n, 17 or 28) joints in sight; all of them where that is unknown.
        joints3d: (n, 17 or 28, 3) true mm from the pelvis, in the crop's axes, of a canonical adult's size; 28 where a set has
            faces and feet. Who comes from another has NaN there.
        torso: (n,) in crop units.
    """

    poses: np.ndarray
    points: np.ndarray
    visible: np.ndarray
    joints3d: np.ndarray
    torso: np.ndarray


@torch.no_grad()
def observe(
    network: SSPNet, source: SampleSource, people: int, size: int, cuts: Sequence[int], *, seed: int = 0, batch: int = 8,
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> Observations:  # fmt: skip
    """See each person once. If more views are wanted than there are people, each is seen equally often.

    Args:
        network: put into eval mode.
        source: people with true joints in mm.
        people: views to take.
        size: side of the input, pixels.
        cuts: whose answers are kept.
        seed: decides views and their order.
        batch: people in one pass.
        on_progress: called with the views done and their number.

    Raises:
        DataError: the set has no true joints, or nobody in it.
    """
    if not len(source):
        raise DataError(f"{source.name} has nobody to look at")
    network.eval()
    rng = np.random.default_rng(seed)
    order = np.concatenate([rng.permutation(len(source)) for _ in range(-(-people // len(source)))])[:people]
    found: list[tuple[np.ndarray, ...]] = []
    for start in range(0, people, batch):
        samples = [source[int(i)] for i in order[start : start + batch]]
        crops = [_view(sample, source, size, rng) for sample in samples]
        heads = network(network_input([crop.image for crop in crops]).to(next(network.parameters()).device), max(cuts))
        last = [heads[cut * network.config.levels - 1] for cut in cuts]
        poses = torch.stack([torch.cat([head.pose, head.confidence.unsqueeze(2)], dim=2) for head in last], dim=1)
        joints = np.stack([joints_in_crop(sample, crop.turn) for sample, crop in zip(samples, crops, strict=True)])
        points = np.stack([crop.target[: joints.shape[1], :2] for crop in crops])
        visible = np.stack([crop.visible[: joints.shape[1]] for crop in crops])
        found.append((poses.float().cpu().numpy(), points, visible, joints, np.array([crop.torso for crop in crops])))
        on_progress(min(start + batch, people), people)
    return Observations(*(np.concatenate(part).astype(np.float32) for part in zip(*found, strict=True)))


def _view(sample: Sample, source: SampleSource, size: int, rng: np.random.Generator) -> Example:
    others = [source[int(rng.integers(len(source)))]] if rng.random() < VIEW.paste else []
    return make_example(sample, size, VIEW, rng, others)


def joints_in_crop(sample: Sample, turn: np.ndarray) -> np.ndarray:
    """(17 or 28, 3) mm, turned and mirrored as the picture was. Left and right are those of the person who is then seen."""
    if sample.joints3d is None:
        raise DataError("this data set has no true joints in mm to learn from; synth3d has")
    joints = (sample.joints3d - sample.joints3d[:1]) * canonical_scale(sample.joints3d[:BODY_JOINTS])
    joints = np.concatenate([joints[:, :2] @ turn.T, joints[:, 2:]], axis=1)
    return joints[list(FLIP_ORDER[: len(joints)])] if np.linalg.det(turn) < 0 else joints


def joined(parts: Sequence[Observations]) -> Observations:
    """All of several. Where some have faces and feet, those of the others are NaN, and in sight of nobody."""
    most = max(part.joints3d.shape[1] for part in parts)
    return Observations(*(np.concatenate(values) for values in zip(*(_padded(part, most) for part in parts), strict=True)))


def _padded(seen: Observations, count: int) -> Observations:
    """The same people with `count` joints each, of which the last are unknown."""
    missing = count - seen.joints3d.shape[1]
    places = [(0, 0), (0, missing), (0, 0)]
    return seen._replace(
        points=np.pad(seen.points, places, constant_values=np.nan),
        visible=np.pad(seen.visible, places[:2]),
        joints3d=np.pad(seen.joints3d, places, constant_values=np.nan),
    )


def with_face_and_feet(seen: Observations) -> Observations:
    """Those people whose faces and feet are known and were looked for; perhaps nobody."""
    looked_for = seen.poses.shape[2] == JOINTS == seen.joints3d.shape[1]
    known = np.isfinite(seen.joints3d).all(axis=(1, 2)) & looked_for
    return Observations(*(values[known] for values in seen))


def kept_observations(path: Path | None, look: Callable[[], Observations]) -> Observations:
    """What a file holds. If there is none yet, what `look` sees; it is written there."""
    if path and path.exists():
        return load_observations(path)
    seen = look()
    if path:
        save_observations(path, seen)
    return seen


def save_observations(path: Path, seen: Observations) -> None:
    """Write observations as .npz, in one step."""
    with whole_file(path) as partial, partial.open("wb") as file:
        np.savez(file, **seen._asdict())


def load_observations(path: Path) -> Observations:
    """Read what `save_observations` wrote.

    Raises:
        DataError: the file is missing, or another.
    """
    try:
        with np.load(path) as file:
            return Observations(*(file[name] for name in Observations._fields))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} does not hold observations of sspnet_train.millimetres.train_fusion: {error}") from None
