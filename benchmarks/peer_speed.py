"""Milliseconds of the peers and of us: network only, and from a 1080p frame to smoothed joints with tracking."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import openvino as ov
from blazepose import SIZE, VARIANTS, BlazePose
from frames import FPS, frames, there_and_back
from movenet import to_onnx
from side_by_side import Burst, keep_to_cores, openvino_settings, side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.smoothing import PoseSmoother
from sspnet_sdk.stages import StageChain
from sspnet_sdk.tracking import Tracker

Speeds = dict[str, dict[str, float]]
"""name -> engine -> milliseconds."""
FRAMES, BURST = 24, 12


def network_only(bundle: Path | None, movenets: Path, blazeposes: Path, threads: int, rounds: int) -> Speeds:
    """One crop through each network in each engine that reads it."""
    keep_to_cores(threads)
    opened, bursts = open_bundle(bundle), {}
    for backend in installed():
        for size in opened.sizes:
            chain, grey = StageChain(opened, load(backend), "fp32", size, threads), np.full((1, size, size, 3), 128, np.uint8)
            for cut in opened.cuts:
                bursts[f"ours {size} px cut {cut}", backend] = timed(lambda c=chain, g=grey, k=cut: c.run(g, k))  # type: ignore[misc]
    for name in ("lightning", "thunder"):
        for engine, run in _movenet_runs(movenets / f"movenet-{name}.json", threads).items():
            bursts[f"MoveNet {name.title()}", engine] = timed(run)
    for variant in VARIANTS:
        network, crop = BlazePose(blazeposes, variant, threads), np.full((SIZE, SIZE, 3), 128, np.uint8)
        bursts[f"BlazePose {variant}", "openvino"] = timed(lambda n=network, c=crop: n.run(c))  # type: ignore[misc]
    medians, found = side_by_side(bursts, rounds, BURST), {}  # type: ignore[type-var]
    for (name, engine), milliseconds in medians.items():
        found.setdefault(name, {})[engine] = milliseconds
    return found


def _movenet_runs(model_json: Path, threads: int) -> dict[str, Callable[[], object]]:
    model, size = to_onnx(model_json)
    content, image = model.SerializeToString(), np.full((1, size, size, 3), 128, np.uint8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    core = ov.Core()
    request = core.compile_model(core.read_model(content), "CPU", openvino_settings(threads)).create_infer_request()
    return {"onnxruntime": lambda: session.run(None, {"image": image}), "openvino": lambda: request.infer({"image": image})}


def end_to_end(bundle: Path | None, mediapipe_python: Path, folder: Path, threads: int, rounds: int) -> Speeds:
    """A 1080p frame in, smoothed landmarks of the tracked person out; MediaPipe gets RGB, we BGR, as each wants."""
    cores = keep_to_cores(threads)
    images = frames(FRAMES)
    np.save(folder / "frames.npy", np.stack([cv2.cvtColor(image, cv2.COLOR_BGR2RGB) for image in images]))
    workers = {f"MediaPipe {variant}": _Worker(mediapipe_python, variant, folder / "frames.npy", cores) for variant in VARIANTS}
    opened = open_bundle(bundle)
    bursts: dict[str, Burst] = {name: worker.burst for name, worker in workers.items()}
    for size in opened.sizes:
        for cut in (opened.cuts[0], opened.cuts[-1]):
            estimator = Estimator(opened, cut=cut, input_size=size, threads=threads)
            bursts[f"ours {size} px cut {cut}"] = _tracking(estimator, images)
    try:
        for burst in bursts.values():
            burst(BURST)
        return {name: {"pipeline": ms} for name, ms in side_by_side(bursts, rounds, BURST).items()}
    finally:
        for worker in workers.values():
            worker.close()


def _tracking(estimator: Estimator, images: list[np.ndarray]) -> Burst:
    tracker, smoother, shown = Tracker(estimator), PoseSmoother(0.5), [0]

    def burst(count: int) -> list[float]:
        elapsed = []
        for _ in range(count):
            image, time_s = images[there_and_back(shown[0], len(images))], shown[0] / FPS
            begin = time.perf_counter()
            people = tracker.update(image, time_s)
            smoother(people[0].pose, time_s)
            elapsed.append((time.perf_counter() - begin) * 1000)
            shown[0] += 1
            if people[0].pose.unsure:
                raise SystemExit("the person in the frames was lost: this would not be a fair time")
        return elapsed

    return burst


class _Worker:
    """MediaPipe in its own process, on the same cores."""

    def __init__(self, python: Path, variant: str, images: Path, cores: list[int]) -> None:
        script = Path(__file__).with_name("mediapipe_worker.py")
        self._process = subprocess.Popen(
            [str(python), str(script), variant, str(images)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, "GLOG_minloglevel": "3"},
        )  # fmt: skip
        os.sched_setaffinity(self._process.pid, cores)
        self._answer()

    def burst(self, count: int) -> list[float]:
        assert self._process.stdin is not None
        print(count, file=self._process.stdin, flush=True)
        answer = self._answer()
        if answer["found"] < count:
            raise SystemExit("MediaPipe lost the person in the frames: this would not be a fair time")
        return answer["ms"]  # type: ignore[no-any-return]

    def close(self) -> None:
        self._process.communicate()

    def _answer(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"MediaPipe did not start: exit {self._process.wait()}")
        return json.loads(line)  # type: ignore[no-any-return]
