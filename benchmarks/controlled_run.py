"""Two minutes beside a program that takes the cores and gives them back: the controller beside fixed cuts, as a picture.

    python benchmarks/controlled_run.py --target-fps 40 --out controlled.png

Each frame is handed to the controlled estimator and to two fixed ones in turn, so that all three meet the same load.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from frames import box_in, frames, there_and_back

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle

BUSY_SHARE = ((0.2, 0.45), (0.65, 0.8))  # of the run, when the other program works
_STEADY_FRAMES = 10


@dataclass
class Track:
    """What one estimator did: seconds since the start, latency in ms, and (input size, cut) of each frame."""

    predict: Callable
    times: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    points: list[tuple[int, int]] = field(default_factory=list)


def main() -> None:
    given = _arguments()
    bundle = open_bundle()
    best, fast = (bundle.sizes[-1], bundle.cuts[-1]), (bundle.sizes[0], bundle.cuts[0])
    tracks = {
        f"target_fps={given.target_fps:g}": Track(Estimator(bundle, target_fps=given.target_fps, threads=given.threads).predict)
    }
    for size, cut in (best, fast):
        tracks[f"fixed: {size} px, cut {cut}"] = Track(Estimator(bundle, cut=cut, input_size=size, threads=given.threads).predict)
    run(tracks, given.seconds, given.hogs)
    for name, track in tracks.items():
        print(name, summary(track, 1000 / given.target_fps, given.seconds), sep=": ")
    draw(tracks, 1000 / given.target_fps, given.seconds, given.out)


def run(tracks: dict[str, Track], seconds: float, hogs: int) -> None:
    """Fill the tracks; `hogs` processes are busy during BUSY_SHARE."""
    images, busy, index = frames(24), multiprocessing.get_context("spawn").Event(), 0
    workers = [multiprocessing.get_context("spawn").Process(target=hog, args=(busy,), daemon=True) for _ in range(hogs)]
    for worker in workers:
        worker.start()
    for track in tracks.values():
        for _ in range(20):
            track.predict(images[0], box_in(0))
    begin = time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < seconds:
        (busy.set if is_busy(elapsed / seconds) else busy.clear)()
        shown = there_and_back(index, len(images))
        for track in tracks.values():
            start = time.perf_counter()
            pose = track.predict(images[shown], box_in(shown))
            track.times.append(start - begin)
            track.latencies.append((time.perf_counter() - start) * 1000)
            track.points.append((pose.input_size, pose.cut))
        index += 1
    for worker in workers:
        worker.terminate()


def hog(busy: object) -> None:
    """Multiply matrices while `busy` is set."""
    matrix = np.random.default_rng(0).random((192, 192), np.float32)
    while True:
        busy.wait()  # type: ignore[attr-defined]
        matrix @ matrix


def is_busy(share: float) -> bool:
    return any(start <= share < end for start, end in BUSY_SHARE)


def summary(track: Track, budget_ms: float, seconds: float) -> str:
    """Mean frame rate and late frames, with the cores free and taken, without the first frames after each change."""
    busy = np.array([is_busy(at / seconds) for at in track.times])
    changes = np.flatnonzero(np.diff(busy)) + 1
    steady = np.ones(len(busy), bool)
    for change in changes:
        steady[change : change + _STEADY_FRAMES] = False
    latencies, parts = np.array(track.latencies), []
    for name, chosen in (("free", steady & ~busy), ("taken", steady & busy)):
        late = (latencies[chosen] > 1.05 * budget_ms).mean()
        parts.append(f"{name}: {1000 / latencies[chosen].mean():.1f} FPS, {late:.1%} of frames over 1.05 budgets")
    switches = sum(a != b for a, b in zip(track.points, track.points[1:], strict=False))
    return "; ".join([*parts, f"{len(latencies)} frames, {switches} switches"])


def draw(tracks: dict[str, Track], budget_ms: float, seconds: float, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (above, below) = pyplot.subplots(2, 1, figsize=(10, 6), dpi=110, sharex=True, height_ratios=(2, 1))
    for name, track in tracks.items():
        above.plot(track.times, track.latencies, linewidth=0.6, label=name)
    above.axhline(budget_ms, color="black", linestyle="--", linewidth=0.8, label="budget")
    above.set(ylabel="frame in to pose out, ms", yscale="log")
    above.legend(fontsize=8, loc="upper right")
    controlled = next(iter(tracks.values()))
    known = sorted(set(controlled.points))
    below.step(controlled.times, [known.index(point) for point in controlled.points], where="post", linewidth=0.8)
    below.set_yticks(range(len(known)), [f"{size} px, cut {cut}" for size, cut in known], fontsize=8)
    below.set(xlabel="seconds; grey: another program is busy", ylabel="chosen")
    for axes in (above, below):
        for start, end in BUSY_SHARE:
            axes.axvspan(start * seconds, end * seconds, color="0.9")
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target-fps", type=float, required=True)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--hogs", type=int, default=2, help="busy processes")
    parser.add_argument("--threads", type=int, help="for each estimator; measured if not given")
    parser.add_argument("--out", type=Path, required=True, help="a picture, .png or .svg")
    return parser.parse_args()


if __name__ == "__main__":
    main()
