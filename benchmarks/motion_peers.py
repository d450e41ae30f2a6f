"""Ours beside MediaPipe and MoveNet in video with exact truth: jitter, error, lag and leg swaps, raw and smoothed.

    python benchmarks/motion_peers.py sequences/*.mp4 --out peers

The sequences are rendered at 30 frames per second, for which MediaPipe takes any video (`sspnet_train.synth.sequence_files`).
The first run fetches the peers into OUT/files, as `peers.py` does. MediaPipe's answers are kept in OUT.

MediaPipe is its whole pipeline, which finds and follows one person by itself; MoveNet sees the true boxes, and we run our
`Tracker`. Only limb joints count, which all have, and only frames in which everybody is near the person.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from blazepose import JOINT_OF_LANDMARK
from motion import NEAR, Run, in_hindsight, measured, one_by_one, rendered, stretches, truth_of
from numpy.typing import NDArray
from peer_accuracy import LIMBS, Network, movenet
from peer_files import mediapipe_python, networks
from sspnet_train.data.sample import Sample

from sspnet_sdk import Estimator
from sspnet_sdk.pose import BODY_JOINTS
from sspnet_sdk.smoothing import PoseSmoother

MEDIAPIPE = ("lite", "full", "heavy")
COLUMNS = ("jitter", "error", "pck", "lag", "swaps")
Points = NDArray[np.float64]
Rows = dict[str, list[tuple[int, dict[str, float]]]]
"""Network -> of each stretch, its frames and what `motion.measured` says."""


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    files = given.files or given.out / "files"
    python, thunder = mediapipe_python(files, given.python), movenet(networks(files).movenet / "movenet-thunder.json", 1)
    estimator = Estimator(backend="onnxruntime", cut=2, input_size=256, threads=1)
    rows: Rows = {}
    for video in given.sequences:
        truth = truth_of(video)
        peers = {f"MediaPipe {variant}, {way}": _mediapipe(python, variant, video, way, given.out)
                 for variant in given.mediapipe for way in ("raw", "smoothed")}  # fmt: skip
        for run in rendered(video, truth, estimator)[0]:
            _compare(run, float(truth["fps"]), peers | {"MoveNet Thunder, raw": _movenet(thunder, video, run, truth)}, rows)
        print(video.stem, file=sys.stderr, flush=True)
    if not rows:
        sys.exit("in no frames are all networks near the person: give other sequences")
    print(table(rows))


def _compare(run: Run, fps: float, peers: dict[str, Points], rows: Rows) -> None:
    """Add what is measured of everybody in the frames of a run in which all are near the person.

    peers: keypoints (frames of the video, 17, 2) pixels.
    """
    frames = np.rint(run.times * fps).astype(int)
    ways = {"ours, raw": run.poses, "ours, live": one_by_one(PoseSmoother)(run), "ours, recording": in_hindsight(run)}
    known = {name: np.array([pose.keypoints[:BODY_JOINTS] for pose in poses]) for name, poses in ways.items()}
    known |= {name: points[frames] for name, points in peers.items()}
    away = [np.linalg.norm(points - run.keypoints, axis=-1)[:, LIMBS].mean(axis=1) for points in known.values()]
    near = (np.array(away) < NEAR * run.tall).all(axis=0)
    for part in stretches(near):
        cut = replace(run, times=run.times[part], keypoints=run.keypoints[part], camera=run.camera[part], tall=run.tall[part])
        for name, points in known.items():
            poses = [replace(run.poses[at], keypoints=points[at].astype(np.float32)) for at in part]
            rows.setdefault(name, []).append((len(part), measured(cut, poses, LIMBS)))


def _mediapipe(python: Path, variant: str, video: Path, way: str, out: Path) -> Points:
    """(T, 17, 2) pixels, NaN where it finds nobody; joints that it lacks are 0."""
    kept = out / f"{video.stem}-{variant}-{way}.npy"
    if not kept.exists():
        worker = Path(__file__).with_name("mediapipe_video.py")
        subprocess.run([python, worker, variant, video, way, kept], check=True, stderr=subprocess.DEVNULL)
    landmarks = np.load(kept)
    points = np.zeros((len(landmarks), BODY_JOINTS, 2))
    points[:, list(JOINT_OF_LANDMARK.values())] = landmarks[:, list(JOINT_OF_LANDMARK)]
    return points


def _movenet(network: Network, video: Path, run: Run, truth: dict[str, NDArray]) -> Points:
    """(T, 17, 2) pixels in the true boxes of a run's person; NaN in other frames."""
    frames = set(np.rint(run.times * float(truth["fps"])).astype(int))
    off = np.linalg.norm(truth["keypoints"][min(frames), :, :BODY_JOINTS] - run.keypoints[0], axis=-1)
    person = int(off.sum(axis=1).argmin())
    points, capture = np.full((len(truth["box"]), BODY_JOINTS, 2), np.nan), cv2.VideoCapture(str(video))
    for frame in range(len(points)):
        image = cv2.cvtColor(capture.read()[1], cv2.COLOR_BGR2RGB)
        if frame in frames:
            joints = truth["keypoints"][frame, person]
            points[frame] = network(Sample(image, truth["box"][frame, person], joints, np.ones(len(joints))))[0]
    return points


def table(rows: Rows) -> str:
    """Means by frames; lag is what smoothing adds to the same network's raw answers."""
    lines = ["| network | jitter, px/frame² | error, px | PCK, % | lag, ms | leg swaps/min |", "|---|---|---|---|---|---|"]
    raw = 0.0
    for name, found in rows.items():
        weights = [frames for frames, _ in found]
        means = {key: float(np.average([row[key] for _, row in found], weights=weights)) for key in COLUMNS}
        raw = means["lag"] if name.endswith("raw") else raw
        cells = [f"{means['jitter']:.1f}", f"{means['error']:.1f}", f"{means['pck']:.1f}"]
        cells += [f"{means['lag'] - raw:.1f}", f"{means['swaps']:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    frames = sum(frames for frames, _ in next(iter(rows.values())))
    return "\n".join([*lines, f"\n{frames} frames, of {len(next(iter(rows.values())))} stretches."])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sequences", nargs="+", type=Path, help="videos with their truth (.npz) beside them")
    parser.add_argument("--mediapipe", nargs="+", choices=MEDIAPIPE, default=["heavy"], help="its networks")
    parser.add_argument("--files", type=Path, help="where the peers are fetched to, or lie already; OUT/files if not given")
    parser.add_argument("--python", default=sys.executable, help="makes MediaPipe's environment; 3.9 to 3.12")
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
