"""How near rendered people are to photographs.

python -m sspnet_train.evaluation.rendered_people PEOPLE --movenet MODEL.json --poses POSES.npz
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np

from sspnet_train.data.catalog import open_split
from sspnet_train.data.sample import BODY_PARENTS, JOINTS, LIMB_JOINTS, SampleSource
from sspnet_train.errors import DataError, one_line
from sspnet_train.labels.movenet_teacher import MoveNetTeacher
from sspnet_train.metrics import keypoint_distance, pck, torso
from sspnet_train.millimetres.lifter import LIMB_ORDER
from sspnet_train.synth.body import mesh_joints, pose_body
from sspnet_train.synth.body_data import load_bodies
from sspnet_train.synth.pose_sampling import PoseFile, read_poses
from sspnet_train.synth.rotations import normalized

POSES = 150
GROUPS = {
    "nose": [0], "eyes": [1, 2], "ears": [3, 4], "shoulders": [5, 6], "elbows": [7, 8], "wrists": [9, 10], "hips": [11, 12],
    "knees": [13, 14], "ankles": [15, 16],
}  # fmt: skip
"""COCO's joints."""
COCO_OF_28 = [*range(17, 22), *LIMB_ORDER]


def teacher_score(people: SampleSource, teacher: MoveNetTeacher, count: int) -> tuple[float, dict[str, float]]:
    """What MoveNet finds on rendered people, whose joints are 28.

    Returns:
        PCK@0.2 torso of the limb joints in sight, on true boxes; and for each kind of joint the median offset towards the
        shoulders in shares of the torso. What MoveNet calls a hip and what the labels call one should be one place.

    Raises:
        DataError: the people have fewer joints.
    """
    samples = [people[index] for index in range(min(count, len(people)))]
    if (joints := len(samples[0].keypoints)) < JOINTS:
        raise DataError(f"{people.name} has {joints} joints, without a face: make a set with all {JOINTS} (sspnet-sdk synth)")
    answers = np.stack([teacher.joints(sample.image, sample.box)[0][:, :2] for sample in samples])
    truth = np.stack([sample.keypoints for sample in samples]).astype(np.float64)
    visible = np.stack([sample.visible for sample in samples if sample.visible is not None])[:, COCO_OF_28]
    length = torso(truth, np.stack([sample.box for sample in samples]))
    distance = keypoint_distance(answers, truth[:, COCO_OF_28], length)
    up = normalized(np.pad(truth[:, 8] - truth[:, 0], ((0, 0), (0, 1))))[:, :2]
    offset = np.einsum("njk,nk->nj", answers - truth[:, COCO_OF_28], up) / length[:, None]
    offset = np.where(visible & (distance < 0.4), offset, np.nan)
    offsets = {name: round(float(np.nanmedian(offset[:, columns])), 3) for name, columns in GROUPS.items()}
    return pck(distance[:, 5:], visible[:, 5:], 0.2), offsets


def direction_errors(poses: PoseFile, seed: int = 0) -> np.ndarray:
    """Degrees between the limbs of poses and those of bodies posed by them. -> (150, 8)."""
    rig, rng = load_bodies(), np.random.default_rng(seed)
    children = [joint for joint in LIMB_JOINTS if joint not in (1, 4, 11, 14)]

    def limbs(joints: np.ndarray) -> np.ndarray:
        return normalized(joints[children] - joints[[BODY_PARENTS[child] for child in children]])

    errors = []
    for index in rng.choice(len(poses.joints), POSES):
        target = poses.joints[index]
        posed = pose_body(rig.body(int(rng.integers(len(rig.vertices)))), target, rng)
        cosine = (limbs(target) * limbs(mesh_joints(rig, posed.vertices))).sum(axis=1)
        errors.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
    return np.array(errors)


@click.command()
@click.argument("people", type=click.Path(path_type=Path))
@click.option("--movenet", type=click.Path(path_type=Path), help="MoveNet's TensorFlow.js model (.json).")
@click.option("--poses", type=click.Path(path_type=Path), multiple=True, help="The poses that people were made from.")
@click.option("--count", type=click.IntRange(min=1), default=150, show_default=True, help="How many people to look at.")
@one_line()
def main(people: Path, movenet: Path | None, poses: Sequence[Path], count: int) -> None:
    """Say what MoveNet finds on PEOPLE, a folder of rendered people, and how well limbs keep the directions of poses."""
    if movenet is not None:
        score, offsets = teacher_score(open_split("synth3d", people, "train", "coco"), MoveNetTeacher(movenet), count)
        click.echo(f"PCK@0.2 torso of visible limb joints: {score:.3f}; offsets towards the shoulders: {offsets}")
    for path in poses:
        errors = direction_errors(read_poses(path))
        click.echo(
            f"{path}: limb directions off by {errors.mean():.1f}° on average, 95 % within {np.quantile(errors, 0.95):.1f}°"
        )


if __name__ == "__main__":
    main()
