"""Fits the weights of the runtime's `ResidualFilter` to made-up motion, with errors as the network made them in rendered video.

    python benchmarks/fit_residuals.py sequences/*.mp4 --poses mocap/poses.npz --out residual_weights.npy

Motion is that of the sequences, seen from anywhere and at another pace, or a path through the poses of a recording. Weights are
least squares of what is off, and of its second difference, each reweighted so that lengths count and not squares.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from motion import TALL_PX, Run, rendered, truth_of
from numpy.typing import NDArray
from sspnet_train.data.sample import BODY_FLIP_ORDER

from sspnet_sdk import Estimator
from sspnet_sdk.motion.joint_follower import JointFollower
from sspnet_sdk.motion.pose_points import points_of
from sspnet_sdk.motion.residual_filter import SIGNALS, ResidualFilter
from sspnet_sdk.pose import BODY_JOINTS, Pose

Array = NDArray[np.float64]
FRAMES, SETTLED = 100, 8
FOCAL_PX, HEIGHT_M = 400.0, 1.75
ANKLES = [3, 6]
ERROR_COUNTS = 0.17  # beside jitter
_MOCAP = 0.5  # of the tracks
_SCALES = 0.3, 1.1  # of errors
_STILL, _ALIKE = 0.1, 0.003  # of the tracks; deviation of errors that all their joints have alike, of the person's size
_RIDGE, _JITTER_FLOOR, _ERROR_FLOOR, _ROUNDS = 0.02, 0.5, 4.0, 3
FLIP = np.array(BODY_FLIP_ORDER)
FLIP_SIGNALS = np.concatenate([FLIP + BODY_JOINTS * signal for signal in range(SIGNALS)])


class Errors:
    """Of the network over a run: (T, 17, 2) of the person's size, and confidence (T, 17), at frames per second."""

    def __init__(self, run: Run) -> None:
        self.fps = 1 / float(np.diff(run.times).mean())
        size = np.array([pose.box[2:].max() for pose in run.poses], np.float64)[:, None, None]
        self.off = (np.array([pose.keypoints[:BODY_JOINTS] for pose in run.poses]) - run.keypoints) / size
        self.confidence = np.array([pose.confidence[:BODY_JOINTS] for pose in run.poses])

    def drawn(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Of FRAMES frames in a row, there and back if there are fewer; mirrored half of the time."""
        frames = _there_and_back(rng.integers(max(len(self.off) - FRAMES, 0) + 1) + np.arange(float(FRAMES)), len(self.off) - 1)
        off, confidence = self.off[frames.astype(int)] * rng.uniform(*_SCALES), self.confidence[frames.astype(int)]
        return (off[:, FLIP] * [-1, 1], confidence[:, FLIP]) if rng.random() < 0.5 else (off, confidence)


def upright(run: Run, up: Array) -> Array:
    """(T, 17, 3) metres of a run's joints, y down."""
    down = -up / np.linalg.norm(up)
    right = np.cross(down, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    return run.camera / 1000 @ np.stack([right, down, np.cross(right, down)], axis=1)  # type: ignore[no-any-return]


def recordings(path: Path) -> list[Array]:
    """(T, 17, 3) metres, y down: poses of each recording in order, neighbours apart by more than a little."""
    with np.load(path) as file:
        joints, clips = file["joints"] * np.array([1, -1, -1]) / 1000, file["clip"]
    edges = np.flatnonzero(np.concatenate([[True], clips[1:] != clips[:-1], [True]]))
    return [joints[begin:end] for begin, end in pairwise(edges) if end - begin >= 25]


def again(times: Array, joints: Array, fps: float, rng: np.random.Generator) -> Array:
    """(FRAMES, 17, 3) of a sequence at another pace."""
    seconds = rng.uniform(0.75, 1.3) * np.arange(FRAMES) / fps
    return _along(times - times[0], joints, seconds + rng.uniform(0, max(times[-1] - times[0] - seconds[-1], 0.03)))


def path_through(poses: Array, fps: float, rng: np.random.Generator) -> Array:
    """(FRAMES, 17, 3) along some poses of a recording, at a pace that changes; on its lower foot, which stays or drifts."""
    begin = rng.integers(max(len(poses) - 60, 0) + 1)
    poses = poses[begin : begin + 60]
    ways = np.linalg.norm(np.diff(poses, axis=0), axis=-1).max(axis=1)
    knots = np.concatenate([[0.0], np.cumsum(np.maximum(ways, 0.02))])
    metres = np.exp(rng.normal(np.log(1.3), 0.5)) / fps * np.exp(0.4 * _wandering(0.5 * fps, rng))
    joints = _along(knots, poses, np.cumsum(metres))
    joints[..., 1] -= joints[:, ANKLES, 1].max(axis=1, keepdims=True)
    reach = round(0.2 * fps)
    kernel = np.exp(-((np.arange(-reach, reach + 1) / fps / 0.067) ** 2) / 2)
    joints = np.apply_along_axis(lambda one: np.convolve(np.pad(one, reach, "edge"), kernel / kernel.sum(), "valid"), 0, joints)
    drift, angle = np.cumsum(_wandering(0.7 * fps, rng)) / fps * rng.choice([0.0, 0.3, 1.0]), rng.uniform(0, 2 * np.pi)
    joints += np.stack([np.cos(angle) * drift, 0 * drift, np.sin(angle) * drift], axis=-1)[:, None]
    return joints


def _along(knots: Array, values: Array, at: Array) -> Array:
    from scipy.interpolate import CubicSpline

    return CubicSpline(knots, values)(_there_and_back(at, knots[-1]))  # type: ignore[no-any-return]


def _there_and_back(at: Array, end: float) -> Array:
    at = at % (2 * end)
    return np.where(at > end, 2 * end - at, at)


def _wandering(frames: float, rng: np.random.Generator) -> Array:
    """(FRAMES,) straight lines between random numbers, `frames` apart."""
    knots = np.arange(0.0, FRAMES + frames, frames)
    return np.interp(np.arange(FRAMES), knots, rng.normal(size=len(knots)))


def seen(joints: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """(FRAMES, 17, 2) pixels of a camera anywhere, and how tall the person stands in it (FRAMES,)."""
    if rng.random() < 0.5:
        joints = joints[:, FLIP] * [-1, 1, 1]
    about, down = rng.uniform(0, 2 * np.pi), np.radians(rng.choice([rng.uniform(-5, 10), rng.uniform(10, 35)]))
    turn = np.array([[np.cos(about), 0, np.sin(about)], [0, 1, 0], [-np.sin(about), 0, np.cos(about)]])
    tilt = np.array([[1, 0, 0], [0, np.cos(down), -np.sin(down)], [0, np.sin(down), np.cos(down)]])
    joints = (joints - joints[:, 0].mean(axis=0)) @ (tilt @ turn).T
    away = np.maximum(joints[..., 2:] + rng.uniform(3.0, 7.0), 1.2)
    return FOCAL_PX * joints[..., :2] / away, FOCAL_PX * HEIGHT_M / away[:, 0, 0]


def track(truth: Array, off: Array, confidence: Array, tall: Array, fps: float) -> tuple[Array, Array]:
    """What the live filter makes of made-up answers: signals (FRAMES, SIGNALS x 17, 2) in pixels of a person TALL_PX tall, and
    what the filter is off (FRAMES, 17, 2) in the same."""
    follower, residuals, signals, left = JointFollower(), ResidualFilter(), [], []
    size = np.ptp(truth, axis=1).max(axis=1) * 1.1
    answers = truth + off * size[:, None, None]
    for index, (keypoints, trust) in enumerate(zip(answers, confidence, strict=True)):
        box = np.array([*keypoints.min(axis=0), size[index], size[index]], np.float32)
        pose = Pose(keypoints.astype(np.float32), np.zeros((BODY_JOINTS, 3), np.float32), trust, box, 2, 256, 0.0)
        elapsed, _ = follower.follow(pose, index / fps)
        found = residuals.signals(points_of(pose), trust, follower.points, elapsed, size[index], follower.order)
        signals.append(found[:, :2] * (size[index] * TALL_PX / tall[index]))
        left.append((follower.points[:, :2] - truth[index]) * (TALL_PX / tall[index]))
    return np.array(signals), np.array(left)


def made_up(
    errors: Sequence[Errors], motions: Sequence[tuple[Array, Array]], clips: Sequence[Array], count: int
) -> tuple[Array, Array]:
    """Signals and what is left to move (`track`), of so many people."""
    rng, rates = np.random.default_rng(0), np.rint([one.fps for one in errors])
    rarer = 1 / np.sqrt([(rates == rate).sum() for rate in rates])
    tracks = []
    for _ in range(count):
        whose = errors[rng.choice(len(errors), p=rarer / rarer.sum())]
        if rng.random() < _MOCAP:
            joints = path_through(clips[rng.integers(len(clips))], whose.fps, rng)
        else:
            joints = again(*motions[rng.integers(len(motions))], whose.fps, rng)
        off, confidence = whose.drawn(rng)
        if rng.random() < _STILL:
            joints = np.repeat(joints[:1], FRAMES, axis=0)
            off = off + rng.normal(0, rng.uniform(0, _ALIKE), (FRAMES, 1, 2))
        truth, tall = seen(joints, rng)
        tracks.append(track(truth, off, confidence, tall, whose.fps))
    signals, left = zip(*tracks, strict=True)
    return np.array(signals), np.array(left)


def fitted(signals: Array, left: Array) -> Array:
    """(17, SIGNALS x 17) weights; left and right have the same."""
    weights = np.zeros((BODY_JOINTS, signals.shape[2]))
    jitter = [np.diff(values, 2, axis=1)[:, SETTLED:] for values in (signals, left)]
    errors = [values[:, SETTLED:] for values in (signals, left)]
    for joint in range(BODY_JOINTS):
        if joint <= FLIP[joint]:
            weights[joint] = _of_joint(joint, jitter, errors)
            weights[FLIP[joint]] = weights[joint][FLIP_SIGNALS]
    return weights


def _of_joint(joint: int, jitter: Sequence[Array], errors: Sequence[Array]) -> Array:
    weights = np.zeros(len(FLIP_SIGNALS))
    for _ in range(_ROUNDS):
        normal, pull = np.zeros((len(weights), len(weights))), np.zeros(len(weights))
        for which, order in ((joint, slice(None)), (FLIP[joint], FLIP_SIGNALS)):
            for (signals, left), counts, floor in ((jitter, 1.0, _JITTER_FLOOR), (errors, ERROR_COUNTS, _ERROR_FLOOR)):
                rows, off = signals.reshape(-1, *signals.shape[2:]), left[:, :, which].reshape(-1, 2)
                still = off + np.einsum("nkd,k->nd", rows, weights[order])
                each = counts / np.sqrt((still**2).sum(axis=1) + floor)
                for axis in (0, 1):
                    normal += ((rows[..., axis] * each[:, None]).T @ rows[..., axis])[order][:, order]
                    pull += (rows[..., axis].T @ (each * off[:, axis]))[order]
        weights = -np.linalg.solve(normal + np.diag(_RIDGE * np.diag(normal) + 1e-2), pull)
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sequences", nargs="+", type=Path, help="with their truth (.npz) beside them")
    parser.add_argument("--poses", type=Path, required=True, help="poses.npz: joints (n, 17, 3) mm, y up, and the clip of each")
    parser.add_argument("--tracks", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    estimator = Estimator(backend="onnxruntime", cut=2, input_size=256, threads=1)
    runs = [(run, truth["up"]) for video in given.sequences for truth in [truth_of(video)]
            for run in rendered(video, truth, estimator)[0]]  # fmt: skip
    errors, motions = [Errors(run) for run, _ in runs], [(run.times, upright(run, up)) for run, up in runs]
    np.save(given.out, fitted(*made_up(errors, motions, recordings(given.poses), given.tracks)).astype(np.float32))


if __name__ == "__main__":
    main()
