"""Milliseconds of the peers and of us: network only, and from a 1080p frame to smoothed joints with tracking."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
import openvino as ov
from blazepose import SIZE, VARIANTS, BlazePose
from frames import FPS, box_in, frames, there_and_back
from movenet import to_onnx
from side_by_side import Burst, keep_to_cores, openvino_settings, side_by_side, timed

from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.inference.stages import StageChain
from sspnet_sdk.smoothing import PoseSmoother
from sspnet_sdk.tracking import Tracker

Speeds = dict[str, dict[str, float]]
"""name -> engine -> milliseconds."""
FRAMES, BURST = 24, 12
_NEW_FRAMES = 6  # until the tracker takes somebody for a person; none of them is timed
FRAME_WITH_BOX = "ours, 1080p frame and box to pose, 128 px cut 2"


def network_only(bundle: Path | None, movenets: Path, blazeposes: Path, threads: int, rounds: int) -> Speeds:
    """One crop through each network in each engine that reads it, and ours from a 1080p frame with a box to the pose."""
    keep_to_cores(threads)
    bursts: dict[tuple[str, str], Burst] = {}
    for (name, engine), run in (
        *_ours(open_bundle(bundle), threads),
        *_movenets(movenets, threads),
        *_blazeposes(blazeposes, threads),
    ):
        bursts[name, engine] = timed(run)
    medians, found = side_by_side(bursts, rounds, BURST), {}  # type: ignore[type-var]
    for (name, engine), milliseconds in medians.items():
        found.setdefault(name, {})[engine] = milliseconds
    return found


Run = tuple[tuple[str, str], Callable[[], object]]
"""Name, engine and what is timed."""


def _engines() -> list[tuple[str, str, str]]:
    """Backend, precision, and both as a table says it."""
    found = [(backend, "fp32", f"{backend} fp32") for backend in installed()]
    return found + [(backend, "bf16", f"{backend} bf16") for backend in installed() if "bf16" in load(backend).precisions]


def _ours(bundle: Bundle, threads: int) -> Iterator[Run]:
    image, box = frames(1)[0], box_in(0)
    for backend, precision, engine in _engines():
        for size in bundle.sizes:
            chain = StageChain(bundle, load(backend), precision, size, threads)
            grey = np.full((1, size, size, 3), 128, np.uint8)
            for cut in bundle.cuts:
                yield (f"ours {size} px cut {cut}", engine), lambda c=chain, g=grey, k=cut: c.run(g, k)  # type: ignore[misc]
        fast = {"input_size": bundle.sizes[0], "cut": bundle.cuts[0], "backend": backend, "precision": precision}
        estimator = Estimator(bundle, threads=threads, **fast)
        yield (FRAME_WITH_BOX, engine), lambda e=estimator: e.predict(image, box)  # type: ignore[misc]


def _movenets(folder: Path, threads: int) -> Iterator[Run]:
    for name in ("Lightning", "Thunder", "MultiPose"):
        model, size = to_onnx(folder / f"movenet-{name.lower()}.json")
        content, image = model.SerializeToString(), np.full((1, size, size, 3), 128, np.uint8)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        yield (f"MoveNet {name}", "onnxruntime fp32"), lambda s=session, i=image: s.run(None, {"image": i})  # type: ignore[misc]
        core = ov.Core()
        for precision in ("fp32", "bf16"):
            compiled = core.compile_model(core.read_model(content), "CPU", openvino_settings(threads, precision))
            request = compiled.create_infer_request()
            yield (f"MoveNet {name}", f"openvino {precision}"), lambda r=request, i=image: r.infer({"image": i})  # type: ignore[misc]


def _blazeposes(folder: Path, threads: int) -> Iterator[Run]:
    crop = np.full((SIZE, SIZE, 3), 128, np.uint8)
    for variant in VARIANTS:
        for precision in ("fp32", "bf16"):
            network = BlazePose(folder, variant, threads, precision)
            yield (f"BlazePose {variant}", f"openvino {precision}"), lambda n=network: n.run(crop)  # type: ignore[misc]


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
            for person in people[:1]:
                smoother(person.pose, time_s)
            elapsed.append((time.perf_counter() - begin) * 1000)
            shown[0] += 1
            if shown[0] > _NEW_FRAMES and (not people or people[0].pose.unsure):
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
