"""The frame-rate controller on recorded times: how many frames are late beside a busy program, and what a fixed point would do.

    python benchmarks/replay_rate.py record times.npz --seconds 95       # needs a quiet machine
    python benchmarks/replay_rate.py replay times.npz --target-fps 60 --out times.png

The recording runs every input size to its deepest cut, in turn, frame by frame, with one and with two threads, first alone and
then beside a program that wants one core. The replay hands the times of one frame after the other to the controller that ships,
and lets the stage rule cut frames short as the engine would. So a change of either is tried without a machine.
With `--rounds` the other program comes and goes so many times.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from controlled_run import hog
from frames import box_in, frames, there_and_back
from numpy.typing import NDArray

from sspnet_sdk import Estimator, open_bundle
from sspnet_sdk.frame_rate.latency import StageTime, next_stage_fits
from sspnet_sdk.frame_rate.rate import LATE, OperatingPoint, RateController
from sspnet_sdk.inference.stages import ChainAnswer, StageChain

_STEADY_FRAMES = 10  # of the other program, until frames count
FREE_SHARE = 0.3  # of the recording, before the other program begins


@dataclass
class Recording:
    """Milliseconds of frames: `stages` (frames, sizes, cuts) of each stage, `whole` (frames, sizes) from image to pose."""

    sizes: list[int]
    cuts: list[int]
    busy: NDArray[np.bool_]
    stages: NDArray[np.float64]
    whole: NDArray[np.float64]

    @property
    def overheads(self) -> NDArray[np.float64]:
        """(frames, sizes) what a call takes beside the network."""
        return self.whole - self.stages.sum(axis=2)


def main() -> None:
    given = _arguments()
    if given.command == "record":
        record(given.times, given.seconds, given.backend, given.precision)
    else:
        replay(given.times, given.target_fps, given.precision, given.rounds, given.out)


def record(path: Path, seconds: float, backend: str, precision: str) -> None:
    bundle, images = open_bundle(), frames(24)
    taken: list[tuple[float, ...]] = []
    run = StageChain.run

    def noted(chain: StageChain, *given: object, **named: object) -> ChainAnswer:
        answer = run(chain, *given, **named)  # type: ignore[arg-type]
        taken.append(answer.stage_ms)
        return answer

    StageChain.run = noted  # type: ignore[assignment, method-assign]
    options = [(threads, size) for threads in (1, 2) for size in bundle.sizes]
    opened = [Estimator(bundle, backend=backend, precision=precision, threads=t, input_size=size) for t, size in options]
    for estimator in opened * 8:
        estimator.predict(images[0], box_in(0))
    context = multiprocessing.get_context("spawn")
    wanted = context.Event()
    program = context.Process(target=hog, args=(wanted,), daemon=True)
    program.start()
    time.sleep(1)
    stages, whole, busy = [], [], []
    begin = time.perf_counter()
    while (elapsed := time.perf_counter() - begin) < seconds:
        if elapsed > FREE_SHARE * seconds:
            wanted.set()
        busy.append(wanted.is_set())
        shown, totals = there_and_back(len(busy), len(images)), []
        taken.clear()
        for estimator in opened:
            start = time.perf_counter()
            estimator.predict(images[shown], box_in(shown))
            totals.append((time.perf_counter() - start) * 1000)
        stages.append(list(taken))
        whole.append(totals)
    program.terminate()
    shape = (len(busy), 2, len(bundle.sizes))
    np.savez(
        path, sizes=bundle.sizes, cuts=bundle.cuts, busy=busy,
        stages=np.array(stages).reshape(*shape, len(bundle.cuts)), whole=np.array(whole).reshape(shape),
    )  # fmt: skip
    print(f"{len(busy)} frames of {len(opened)} estimators, {np.sum(busy)} of them beside another program: {path}")


def read(path: Path, threads: int, rounds: int = 1) -> Recording:
    """What was recorded with so many threads, so many times over."""
    with np.load(path) as kept:
        busy, stages, whole = (np.concatenate([kept[name]] * rounds) for name in ("busy", "stages", "whole"))
        return Recording(kept["sizes"].tolist(), kept["cuts"].tolist(), busy, stages[:, threads - 1], whole[:, threads - 1])


def points_of(recording: Recording, precision: str) -> list[OperatingPoint]:
    """As a profile of the free part would give them."""
    bundle, points = open_bundle(), []
    until = np.cumsum(recording.stages[~recording.busy], axis=2)
    for i, size in enumerate(recording.sizes):
        for j, cut in enumerate(recording.cuts):
            p50, p95 = np.percentile(until[:, i, j], [50, 95])
            error = bundle.accuracy(precision, size, cut)["pa_mpjpe_mm"]
            points.append(OperatingPoint(cut, size, precision, "recorded", float(p50), float(p95), error))
    return points


def run(recording: Recording, points: Sequence[OperatingPoint], budget_ms: float) -> tuple[NDArray, NDArray, RateController]:
    """Milliseconds and error of every frame that the controller runs, and itself."""
    now = [0.0]
    controller = RateController(points, budget_ms, clock=lambda: now[0])
    errors = {(point.input_size, point.cut): point.error for point in points}
    times = {size: [StageTime() for _ in recording.cuts] for size in recording.sizes}
    for i, size in enumerate(recording.sizes):
        for stage, ms in zip(times[size], np.median(recording.stages[~recording.busy][:, i], axis=0), strict=True):
            stage.update(float(ms))
    taken, wrong = [], []
    for stages, overheads in zip(recording.stages, recording.overheads, strict=True):
        point = controller.choose()
        i = recording.sizes.index(point.input_size)
        left = LATE * budget_ms - overheads[i]
        cut, network = _cut_short(point, stages[i], left, times[point.input_size], recording.cuts)
        total = network + overheads[i]
        controller.observe(replace(point, cut=cut), network, total)
        now[0] += max(total, budget_ms) / 1000
        taken.append(total)
        wrong.append(errors[point.input_size, cut])
    return np.array(taken), np.array(wrong), controller


def _cut_short(
    point: OperatingPoint, stages: NDArray, left_ms: float, times: Sequence[StageTime], cuts: Sequence[int]
) -> tuple[int, float]:
    """The cut that is reached, and the time in the network: the stage chain's rule."""
    spent = expected = 0.0
    reached = 0
    for cut, ms, usual in zip(cuts, stages, times, strict=True):
        if reached and (cut > point.cut or not next_stage_fits(left_ms - spent, spent, expected, usual)):
            break
        reached, spent, expected = cut, spent + float(ms), expected + usual.mean_ms
        usual.update(float(ms))
    return reached, spent


def replay(path: Path, rates: Sequence[float], precision: str, rounds: int, out: Path | None) -> None:
    heads = ["target", "threads", "", "alone: late, error", "beside a program: late", "frames per second", "error"]
    print(f"| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    for fps in rates:
        for threads in (1, 2):
            recording = read(path, threads, rounds)
            points, late = points_of(recording, precision), 1.05 * 1000 / fps
            taken, wrong, controller = run(recording, points, 1000 / fps)
            print(_row(fps, threads, f"controller, {controller.switches} switches", taken, wrong, recording.busy, late))
            for fixed in controller.front:
                i, j = recording.sizes.index(fixed.input_size), recording.cuts.index(fixed.cut)
                alone = recording.stages[:, i, : j + 1].sum(axis=1) + recording.overheads[:, i]
                name, error = f"fixed: {fixed.input_size} px, cut {fixed.cut}", np.full(len(alone), fixed.error)
                print(_row(fps, threads, name, alone, error, recording.busy, late))
    if out is not None:
        draw(path, out)


def _row(fps: float, threads: int, name: str, taken: NDArray, wrong: NDArray, busy: NDArray, late_ms: float) -> str:
    steady = busy & (np.cumsum(busy) > _STEADY_FRAMES)
    free, beside = f"{(taken[~busy] > late_ms).mean():.1%}, {wrong[~busy].mean():.1f} mm", taken[steady]
    rate = f"{1000 / beside.mean():.0f} | {wrong[steady].mean():.1f} mm"
    return f"| {fps:g} | {threads} | {name} | {free} | {(beside > late_ms).mean():.1%} | {rate} |"


def draw(path: Path, out: Path) -> None:
    """How long frames take, alone and beside another program: each size's deepest and shallowest cut."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(2, 2, figsize=(11, 7), dpi=110)
    for row, threads in zip(panels, (1, 2), strict=True):
        recording = read(path, threads)
        for i, size in enumerate(recording.sizes):
            row[0].plot(recording.whole[:, i], linewidth=0.5, label=f"{size} px, whole")
            shallow = recording.stages[:, i, 0] + recording.overheads[:, i]
            for times, style in ((recording.whole[:, i], "-"), (shallow, ":")):
                ordered = np.sort(times[recording.busy])
                row[1].plot(ordered, np.linspace(0, 1, len(ordered)), style, label=f"{size} px")
        row[0].axvspan(np.argmax(recording.busy), len(recording.busy), color="0.9")
        row[0].set(xlabel="frame; grey: another program is busy", ylabel="ms", title=f"threads: {threads}", yscale="log")
        row[1].set(xlabel="ms beside another program; dotted: cut 2", ylabel="share of frames", xscale="log")
        for axes in row:
            axes.grid(alpha=0.3)
            axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(out)
    pyplot.close(figure)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("record", "replay"))
    parser.add_argument("times", type=Path, help="the recording, .npz")
    parser.add_argument("--seconds", type=float, default=95)
    parser.add_argument("--backend", default="openvino")
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--target-fps", type=float, nargs="+", default=[30, 40, 60])
    parser.add_argument("--rounds", type=int, default=1, help="how often the recording is replayed in a row")
    parser.add_argument("--out", type=Path, help="a picture of the recorded times")
    return parser.parse_args()


if __name__ == "__main__":
    main()
