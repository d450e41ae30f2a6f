"""Video against exact truth: jitter, lag, swaps, distance, ids and floor, as the network answers, by One Euro, and smoothed.

python benchmarks/motion.py made                       kinematic sequences with made-up noise: no network, a minute
python benchmarks/motion.py sequences/walk.mp4 …       rendered sequences (sspnet_train.synth.sequence_files)
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import cv2
import made_motion
import numpy as np
from numpy.typing import NDArray
from one_euro import OneEuro

from sspnet_sdk import Estimator
from sspnet_sdk.formats.motion import TO_Y_UP
from sspnet_sdk.frame import Frame
from sspnet_sdk.motion.floor import Walker, find_floor
from sspnet_sdk.motion.smoothed_frames import InHindsight
from sspnet_sdk.motion.swaps import SideKeeper
from sspnet_sdk.people.hold_back import Seen
from sspnet_sdk.people.identity import Track
from sspnet_sdk.pose import BODY_JOINTS, Pose
from sspnet_sdk.smoothing import PoseSmoother
from sspnet_sdk.tracking import Tracker

Array = NDArray[np.float64]
TALL_PX = 900.0  # what errors are scaled to: a person so tall
LIMBS = [2, 3, 5, 6, 12, 13, 15, 16]
LEGS = ([5, 6], [2, 3])
BODY_MM = 1800.0
NEAR, _MARGIN = 0.2, 0.02  # of the person's height: an answer is theirs; legs are swapped by more than noise
_SHORTEST, _VISIBLE = 20, 0.3  # frames in a row; share of the joints
_RIGHT = 0.05  # of the person's height: a joint that is no further off is right


@dataclass(frozen=True, eq=False)
class Run:
    """One person over T frames in a row: times (T,), truth keypoints (T, 17, 2) and in the camera's space (T, 17, 3) mm, how
    tall they stand in the picture (T,) px, and poses as a tracker gives them. `answers` are those before sides were put right,
    where they are known."""

    times: Array
    keypoints: Array
    camera: Array
    tall: Array
    poses: list[Pose]
    answers: list[Pose] | None = None


class Euro:
    """The smoothing before."""

    def __init__(self) -> None:
        self._keypoints, self._joints3d, self._distance = OneEuro(), OneEuro(), OneEuro()

    def __call__(self, pose: Pose, time_s: float) -> Pose:
        keypoints = self._keypoints(pose.keypoints, time_s, max(float(pose.box[2:].max()), 1.0))
        joints3d = self._joints3d(pose.joints3d, time_s, BODY_MM)
        camera = pose.joints3d_camera
        if camera is not None:
            camera = camera.copy()
            camera[0, 2] = np.exp(self._distance(np.log(camera[:1, 2:]), time_s))[0, 0]
        return replace(pose, keypoints=keypoints.astype(np.float32), joints3d=joints3d.astype(np.float32), joints3d_camera=camera)


def one_by_one(make: Callable[[], Callable[[Pose, float], Pose]]) -> Callable[[Run], list[Pose]]:
    """A way of the past alone."""

    def way(run: Run) -> list[Pose]:
        smoother = make()
        return [smoother(pose, float(time)) for pose, time in zip(run.poses, run.times, strict=True)]

    return way


def in_hindsight(run: Run) -> list[Pose]:
    """As frames of a recording are smoothed, each after those that it waits for."""
    frames, who = InHindsight(0.5), cast(Track, object())
    nothing = np.zeros((1, 1, 3), np.uint8)
    given: list[tuple[Frame, Seen]] = []
    for index, (pose, time) in enumerate(zip(run.poses, run.times, strict=True)):
        given += frames.add(Frame(nothing, "", index, float(time), ()), [(who, pose)])
    return [pose for _, seen in [*given, *frames.rest()] for _, pose in seen]


WAYS: dict[str, Callable[[Run], list[Pose]]] = {
    "raw": lambda run: run.answers or run.poses,
    "One Euro": one_by_one(Euro),
    "smoothed, live": one_by_one(PoseSmoother),
    "smoothed, recording": in_hindsight,
}


def measured(run: Run, poses: list[Pose], counted: Sequence[int] = range(BODY_JOINTS)) -> dict[str, float]:
    """The columns of the table, of one run as a way gives it. In the picture, `counted` joints alone count."""
    keypoints = np.array([pose.keypoints[:BODY_JOINTS] for pose in poses], np.float64)
    joints = np.array([pose.joints3d[:BODY_JOINTS] for pose in poses], np.float64)
    error = (keypoints - run.keypoints)[:, list(counted)] * (TALL_PX / run.tall[:, None, None])
    velocity = np.gradient(run.keypoints, run.times, axis=0)[:, LIMBS]
    late = -((keypoints - run.keypoints)[:, LIMBS] * velocity).sum() / (velocity**2).sum()
    swapped = _swapped(keypoints, run)
    values = {
        "jitter": np.linalg.norm(np.diff(error, 2, axis=0), axis=-1).mean(),
        "error": np.linalg.norm(error, axis=-1).mean(),
        "lag": 1000 * float(late),
        "pck": 100 * (np.linalg.norm(error, axis=-1) < _RIGHT * TALL_PX).mean(),
        "mm": np.linalg.norm(joints - (run.camera - run.camera[:, :1]), axis=-1).mean(),
        "swaps": 60 * float((np.diff(swapped.astype(int)) == 1).sum()) / float(run.times[-1] - run.times[0]),
    }
    if poses[0].joints3d_camera is not None:
        away = np.array([pose.joints3d_camera[0, 2] for pose in poses if pose.joints3d_camera is not None], np.float64)
        values["root"] = np.abs(np.diff(away - run.camera[:, 0, 2], 2)).mean()
    return {name: float(value) for name, value in values.items()}


def _swapped(keypoints: Array, run: Run) -> NDArray[np.bool_]:
    """(T,) whether knees and ankles lie nearer to those of the other leg."""

    def apart(a: list[int], b: list[int]) -> Array:
        return np.linalg.norm(keypoints[:, a] - run.keypoints[:, b], axis=-1).sum(axis=1)  # type: ignore[no-any-return]

    left, right = LEGS
    return apart(left, right) + apart(right, left) < apart(left, left) + apart(right, right) - _MARGIN * run.tall  # type: ignore[no-any-return]


def made(fps: float = 60.0) -> dict[str, list[Run]]:
    """Kinematic sequences; the "network" errs by noise, by slow drifts, and swaps the legs for a moment now and then."""
    rng = np.random.default_rng(0)
    makers = (made_motion.walk, made_motion.turn, made_motion.sit_down)
    return {motion.name: [_made_run(motion, rng)] for motion in (make(fps) for make in makers)}


def _made_run(motion: made_motion.Motion, rng: np.random.Generator) -> Run:
    truth, tall = motion.keypoints[:, :BODY_JOINTS], motion.heights
    space = motion.camera[:, :BODY_JOINTS]
    relative = space - space[:, :1]
    shape = (*truth.shape[:2], 3)
    noise = 0.0035 * rng.standard_t(4, shape) / math.sqrt(2) + 0.009 * _drift(shape, motion.fps, rng)
    keypoints = truth + noise[..., :2] * tall[:, None, None]
    joints = relative + BODY_MM * noise
    joints[:, 0] = 0.0
    for start in rng.choice(len(truth) - 8, 6, replace=False):
        part = slice(start, start + rng.integers(1, 5))
        for values in (keypoints, joints):
            values[part, LEGS[0] + LEGS[1]] = values[part, LEGS[1] + LEGS[0]]
    boxes = np.concatenate([truth.min(axis=1), np.ptp(truth, axis=1)], axis=1).astype(np.float32)
    sure = np.full(BODY_JOINTS, 0.9, np.float32)
    poses = [
        Pose(xy.astype(np.float32), xyz.astype(np.float32), sure, box, 2, 256, 0.0)
        for xy, xyz, box in zip(keypoints, joints, boxes, strict=True)
    ]
    keeper = SideKeeper()
    return Run(motion.times, truth, space, tall, [keeper(*one) for one in zip(poses, motion.times, strict=True)], poses)


def _drift(shape: tuple[int, ...], fps: float, rng: np.random.Generator) -> Array:
    """Of unit size, forgotten within 0.3 s."""
    kept = math.exp(-1 / (0.3 * fps))
    values = rng.normal(size=shape)
    for index in range(1, shape[0]):
        values[index] = kept * values[index - 1] + math.sqrt(1 - kept**2) * values[index]
    return values


def truth_of(video: Path) -> dict[str, Array]:
    """What `sequence_files` wrote beside a video."""
    with np.load(video.with_suffix(".npz")) as file:
        return {name: file[name] for name in file.files}


def rendered(video: Path, truth: dict[str, Array], estimator: Estimator) -> tuple[list[Run], list[str]]:
    """The network's answers to a rendered sequence, person by person; and whether ids stayed, a line per person."""
    fps = float(truth["fps"])
    tracker = Tracker(estimator, camera=truth["camera"])
    capture = cv2.VideoCapture(str(video))
    answers: list[list[tuple[int, Pose]]] = []
    while (read := capture.read())[0]:
        answers.append([(track.id, pose) for track, pose in tracker.observe(read[1], len(answers) / fps)])
    runs, lines = [], []
    for person in range(truth["keypoints"].shape[1]):
        matched = [_theirs(answer, truth, frame, person) for frame, answer in enumerate(answers)]
        ids = [found[0] for found in matched if found is not None and found[0]]
        lines.append(f"person {person}: ids {sorted(set(ids))}, in {len(ids)} of {len(answers)} frames")
        runs += [_run(truth, person, matched, frames, fps) for frames in stretches([found is not None for found in matched])]
    return runs, lines


def _theirs(answer: Sequence[tuple[int, Pose]], truth: dict[str, Array], frame: int, person: int) -> tuple[int, Pose] | None:
    if truth["visible"][frame, person, :BODY_JOINTS].mean() < _VISIBLE:
        return None
    joints, tall = truth["keypoints"][frame, person, :BODY_JOINTS], float(truth["box"][frame, person, 3])
    off = [(float(np.linalg.norm(pose.keypoints[:BODY_JOINTS] - joints, axis=1).mean()), number, pose) for number, pose in answer]
    best = min(off, key=lambda one: one[0], default=None)
    return None if best is None or best[0] > NEAR * tall else best[1:]


def stretches(seen: Sequence[bool]) -> list[NDArray[np.int64]]:
    """Frames in a row in which somebody is seen, if they are many."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], seen, [False]]).astype(int)))
    return [np.arange(begin, end) for begin, end in edges.reshape(-1, 2) if end - begin >= _SHORTEST]


def _run(
    truth: dict[str, Array], person: int, matched: Sequence[tuple[int, Pose] | None], frames: NDArray[np.int64], fps: float
) -> Run:
    space = truth["joints3d_camera"][frames, person, :BODY_JOINTS].astype(np.float64)
    keypoints = truth["keypoints"][frames, person, :BODY_JOINTS].astype(np.float64)
    tall = truth["camera"][1, 1] * made_motion.HEIGHT_MM / space[:, 0, 2]
    return Run(frames / fps, keypoints, space, tall, [found[1] for frame in frames if (found := matched[frame]) is not None])


def table(name: str, runs: list[Run]) -> None:
    """A row for each way, means over runs by their frames; lag is what the way adds."""
    weights = [len(run.poses) for run in runs]
    base = 0.0
    for way, smoothed in WAYS.items():
        rows = [measured(run, smoothed(run)) for run in runs]
        means = {key: float(np.average([row[key] for row in rows], weights=weights)) for key in rows[0]}
        base = means["lag"] if way == "raw" else base
        cells = [f"{means['jitter']:.1f}", f"{means['error']:.1f}", f"{means['pck']:.1f}", f"{means['lag'] - base:.1f}"]
        cells.append(f"{means['mm']:.1f}")
        cells += [f"{means['swaps']:.0f}", f"{means['root']:.0f}" if "root" in means else "–"]
        print(f"| {name} | {way} | {' | '.join(cells)} |", flush=True)


def floor_row(name: str, runs: list[Run], truth: dict[str, Array]) -> str:
    """The floor under everybody, as `--camera --floor auto` finds it in a recording."""
    up, walkers = truth["up"] * TO_Y_UP / np.linalg.norm(truth["up"]), []
    for run in runs:
        poses = in_hindsight(run)
        roots = [pose.joints3d_camera[0] for pose in poses if pose.joints3d_camera is not None]
        joints = np.array([pose.joints3d for pose in poses], np.float64) * TO_Y_UP
        walkers.append(Walker(run.times, joints, np.array(roots, np.float64) * TO_Y_UP if roots else None))
    floor = find_floor(walkers)
    off = math.degrees(math.acos(min(float(floor.turn[1] @ up), 1.0)))
    height = abs(float(truth["floor"] @ truth["up"])) / float(np.linalg.norm(truth["up"])) / 1000
    found = "–" if floor.height_mm is None else f"{floor.height_mm / 1000:.2f} m"
    pitch = math.degrees(math.atan2(up[2], up[1]))
    told = "feet" if floor.sure else "bodies"
    return f"| {name} | {told} | {off:.1f}° | {pitch:.1f}°, {floor.pitch_deg:.1f}° | {height:.2f} m, {found} |"


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    print("| sequence | | jitter, px/frame² | error, px | PCK, % | lag, ms | mm | leg swaps/min | distance, mm/frame² |")
    print("|---|---|---|---|---|---|---|---|---|")
    estimator, floors = None, []
    for argument in arguments:
        if argument == "made":
            for name, runs in made().items():
                table(f"made: {name}", runs)
            continue
        estimator = estimator or Estimator(backend="onnxruntime", cut=2, input_size=256, threads=1)
        video, truth = Path(argument), truth_of(Path(argument))
        runs, lines = rendered(video, truth, estimator)
        table(video.stem, runs)
        print("\n".join(lines), file=sys.stderr)
        floors.append(floor_row(video.stem, runs, truth))
    if floors:
        print("\n| sequence | told by | off gravity | pitch: truth, estimated | height of the camera: truth, estimated |")
        print("|---|---|---|---|---|\n" + "\n".join(floors))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sequences", nargs="*", default=["made"], help="made, or videos with their truth (.npz) beside them")
    main(parser.parse_args().sequences)
