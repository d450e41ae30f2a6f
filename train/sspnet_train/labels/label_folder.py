"""Agreed 2D and 3D labels for a user's own photographs. Teachers answer, their answers are brought to agree, the result is
lifted.

`OUT/photos_NN.tar` holds one WebP crop per person: 1.5 times the box, its longer side at most 160 px. `OUT/labels.npz` holds what
was answered, `OUT/labels3d.npz` the agreed labels, as `sspnet_train.data.people3d` reads them. `OUT/parts/` keeps finished parts.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from sspnet_train.data.boxes import box_around
from sspnet_train.data.job_files import changed_settings, digest, joined_arrays, picture_tar, save_arrays
from sspnet_train.data.people3d import JOINT_OF_HAND
from sspnet_train.data.pictures import read_picture
from sspnet_train.errors import LabelError
from sspnet_train.labels.agreed_labels import agreed_labels
from sspnet_train.labels.agreement import BLAZE_LIMBS
from sspnet_train.labels.blaze_file import BlazeAnswers, Landmarks
from sspnet_train.labels.movenet_teacher import MoveNetTeacher
from sspnet_train.labels.photographs import ToLabel, people_in
from sspnet_train.millimetres.lifter import LIMB_ORDER, SHIPPED, load_lifter

PART_SIZE = 1000
LONGEST_SIDE, CROP_SCALE = 160, 1.5
SEEN_SCORE, FEWEST_SEEN = 0.3, 6
VALIDATION_SHARE, FEWEST_LABELLED = 10, 12
NO_ANSWER = 9.0
"""`agree` where there is no second teacher."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Teachers:
    movenet: MoveNetTeacher
    blaze: BlazeAnswers | None


def label_folder(
    photographs: Path,
    out: Path,
    movenet: Path,
    *,
    annotations: Path | None = None,
    blaze: Path | None = None,
    lifter: Path = SHIPPED,
    part_size: int = PART_SIZE,
    progress: Progress | None = None,
) -> Path:
    """Label everybody in a folder of photographs. A killed run goes on with the first part that is not complete.

    Args:
        photographs: the folder.
        out: receives crops and labels.
        movenet: MoveNet Thunder's TensorFlow.js .json.
        annotations: a COCO file with boxes, and with keypoints of people who were labelled by hand. Without it, the one person
            that MoveNet sees in each picture is labelled.
        blaze: BlazePose's answers, as `BlazeAnswers` reads them.
        lifter: a lifting network.
        part_size: people in one tar file.
        progress: called with the people done and their number.

    Returns:
        The path of labels3d.npz.

    Raises:
        LabelError: photographs, a model or a file of answers cannot be used.
    """
    people = people_in(photographs, annotations)
    network = load_lifter(lifter)
    changed = changed_settings(out / "parts" / "run.json", _description(people, movenet, blaze, part_size))
    if changed:
        raise LabelError(f"{out} holds labels made with other {' and '.join(changed)}; give another folder, or the same inputs")
    parts = _answer_all(
        people, out, lambda: Teachers(MoveNetTeacher(movenet), BlazeAnswers(blaze) if blaze else None), part_size, progress
    )
    if not parts:
        raise LabelError(f"MoveNet sees nobody in the {len(people)} pictures of {photographs}")
    answers = joined_arrays(parts)
    save_arrays(out / "labels.npz", answers)
    save_arrays(out / "labels3d.npz", agreed_labels(answers, network))
    return out / "labels3d.npz"


def _answer_all(
    people: Sequence[ToLabel], out: Path, hire: Callable[[], Teachers], part_size: int, progress: Progress | None
) -> list[Path]:
    """Write the parts that are not there yet. -> the answers of those in which somebody was seen."""
    teachers, parts = None, []
    for number, first in enumerate(range(0, len(people), part_size)):
        part = out / "parts" / f"answers_{number:02d}.npz"
        if not part.is_file():
            teachers = teachers or hire()
            rows = []
            with picture_tar(out / f"photos_{number:02d}.tar") as tar:
                for count, (crop, row) in enumerate(_answered(teachers, people[first : first + part_size], first), first + 1):
                    if crop is not None:
                        tar.add(str(row["name"]), crop)
                        rows.append(row | {"shard": np.int16(number)})
                    if progress:
                        progress(count, len(people))
            save_arrays(part, _columns(rows))
        if _rows_in(part):
            parts.append(part)
    return parts


def _answered(teachers: Teachers, people: Sequence[ToLabel], first: int) -> Iterator[tuple[np.ndarray | None, dict]]:
    """A crop and a row of labels in its pixels for each person; no crop where nobody is seen."""
    for index, person in enumerate(people, first):
        image = read_picture(person.photograph)
        box = person.box if person.box is not None else _find(teachers.movenet, image)
        if box is None:
            yield None, {}
            continue
        straight, mirrored = teachers.movenet.joints(image, box)
        crop, corner, scale = cut_out(image, box)
        blaze = teachers.blaze.of(person.origin, straight) if teachers.blaze else None
        yield crop, _row(person, index, box, (straight, mirrored), blaze, corner, scale)


def _find(movenet: MoveNetTeacher, image: np.ndarray) -> np.ndarray | None:
    """Box of the person that MoveNet sees in the whole picture, in two looks."""
    box = np.array([0, 0, image.shape[1], image.shape[0]], float)
    for _ in range(2):
        answer = movenet.joints(image, box)[0]
        seen = answer[:, 2] > SEEN_SCORE
        if seen.sum() < FEWEST_SEEN:
            return None
        box = box_around(answer[seen, :2]).astype(float)
    return box


def cut_out(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Cut out 1.5 times the box, as far as the picture goes.

    Returns:
        The crop, its corner (2,) in the picture, and crop pixels per picture pixel.
    """
    x, y, w, h = box
    centre, half = np.array([x + w / 2, y + h / 2]), CROP_SCALE / 2 * np.array([w, h])
    low = np.clip(np.floor(centre - half), 0, None).astype(int)
    high = np.minimum(np.ceil(centre + half), [image.shape[1], image.shape[0]]).astype(int)
    if (high - low).min() < 1:
        raise LabelError(f"box {np.round(box).tolist()} lies outside its {image.shape[1]}x{image.shape[0]} picture")
    crop, scale = image[low[1] : high[1], low[0] : high[0]], min(1.0, LONGEST_SIDE / max(w, h))
    if scale < 1:
        crop = cv2.resize(crop, np.maximum(np.round((high - low) * scale), 1).astype(int).tolist(), interpolation=cv2.INTER_AREA)
    return crop, low, crop.shape[1] / (high[0] - low[0])


def _row(
    person: ToLabel, index: int, box: np.ndarray, movenet: tuple[np.ndarray, np.ndarray], blaze: Landmarks | None,
    corner: np.ndarray, scale: float,
) -> dict:  # fmt: skip
    """One person's labels, all in the crop's pixels."""

    def moved(points: np.ndarray) -> np.ndarray:
        return np.concatenate([(points[:, :2] - corner) * scale, points[:, 2:]], axis=1).astype(np.float32)

    hand = _as_lsp(moved(person.hand))
    landmarks, world = blaze if blaze is not None else (np.full((33, 3), np.nan), np.full((33, 3), np.nan))
    limbs = np.linalg.norm(landmarks[list(BLAZE_LIMBS), :2] - movenet[0][5:, :2], axis=1)
    labelled = np.isfinite(hand[:, 0]).sum() >= FEWEST_LABELLED
    held = labelled and zlib.crc32(person.origin.encode()) % VALIDATION_SHARE == 0
    points = moved(landmarks)
    return {
        "name": f"photo_{index:08d}.webp", "source": "own", "origin": person.origin, "split": "val" if held else "train",
        "box": np.concatenate([(box[:2] - corner) * scale, box[2:] * scale]).astype(np.float32), "hand": hand,
        "movenet": moved(movenet[0]), "movenet_mirrored": moved(movenet[1]), "blaze_xy": points[:, :2], "blaze_vis": points[:, 2],
        "blaze_world": world.astype(np.float32), "agree": np.float32(np.nan_to_num(limbs.mean() / max(box[2:]), nan=NO_ANSWER)),
    }  # fmt: skip


def _as_lsp(limbs: np.ndarray) -> np.ndarray:
    """(12, 2) limb joints in `LIMB_ORDER` -> (14, 3) as people3d keeps hand labels, NaN where not labelled."""
    hand = np.full((14, 3), np.nan, np.float32)
    for joint, place in zip(LIMB_ORDER, limbs, strict=True):
        hand[JOINT_OF_HAND[joint]] = [*place, 1] if np.isfinite(place[0]) else np.nan
    return hand


def _columns(rows: Sequence[dict]) -> dict[str, np.ndarray]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]} if rows else {"name": np.array([], str)}


def _rows_in(part: Path) -> int:
    with np.load(part) as file:
        return len(file["name"])


def _description(people: Sequence[ToLabel], movenet: Path, blaze: Path | None, part_size: int) -> dict[str, str | int]:
    told = "\n".join(f"{person.origin} {person.photograph.stat().st_size} {person.box} {person.hand}" for person in people)
    return {
        "people": zlib.crc32(told.encode()),
        "movenet": digest(movenet) if movenet.is_file() else "",
        "blaze": digest(blaze) if blaze and blaze.is_file() else "",
        "shard_size": part_size,
    }
