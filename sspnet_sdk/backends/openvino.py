"""OpenVINO."""

from __future__ import annotations

import contextlib
import functools
import io
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.backends.compiled_cache import CompiledCache
from sspnet_sdk.backends.forks import keep_in_children
from sspnet_sdk.backends.protocol import is_answer
from sspnet_sdk.device import default_threads
from sspnet_sdk.errors import BackendError
from sspnet_sdk.inference.ahead import Ahead
from sspnet_sdk.system.user_cache import cache_folder

# Importing openvino starts a process that reports the use to its makers, unless its reporting package is missing: for us it is.
_reporting = sys.modules.get("openvino_telemetry")
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
try:
    import openvino as ov
    from openvino.passes import ConstantFolding, Manager
finally:
    del sys.modules["openvino_telemetry"]
    if _reporting is not None:
        sys.modules["openvino_telemetry"] = _reporting


_DRIVERS = {
    "cpu": "",
    "gpu": "Intel's GPU driver (intel-opencl-icd on Linux)",
    "npu": "Intel's NPU driver (linux-npu-driver on Linux)",
}
_HINTS = {"bf16": ("bf16", "BF16"), "fp16": ("f16", "FP16")}
"""Precision -> OpenVINO's hint, and its name among a device's capabilities."""
_OF_THREADS = ("NUM_STREAMS", "INFERENCE_NUM_THREADS", "ENABLE_CPU_PINNING")
"""Settings that a compiled graph takes anew where it is read from disk."""


class _Opening:
    """Counts the graphs that are being opened. What nobody waits for begins when there are none."""

    def __init__(self) -> None:
        self._graphs, self._changed, self._waiting = 0, threading.Condition(), threading.Lock()

    @contextlib.contextmanager
    def graph(self) -> Iterator[None]:
        with self._changed:
            self._graphs += 1
        try:
            yield
        finally:
            with self._changed:
                self._graphs -= 1
                self._changed.notify_all()

    @contextlib.contextmanager
    def ended(self) -> Iterator[None]:
        """One at a time, while no graph is being opened at the beginning."""
        with self._waiting:
            with self._changed:
                self._changed.wait_for(lambda: not self._graphs)
            yield


_opening = _Opening()


class _Session:
    def __init__(self, compiled: ov.CompiledModel, keeping: Ahead[None] | None = None) -> None:
        self._compiled, self._keeping = compiled, keeping
        self._request: ov.InferRequest | None = compiled.create_infer_request()
        self._bound: dict[str, Any] = {}
        # Before 2025.4, outputs that are one tensor share their names.
        self._outputs = [(name, index) for index, output in enumerate(compiled.outputs) for name in output.get_names()]
        is_static = all(output.get_partial_shape().is_static for output in compiled.outputs)
        self._fixed_outputs = self._outputs_of(self._request) if is_static else None
        keep_in_children(self)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = self._request
        if request is None:
            raise BackendError("OpenVINO: this session is closed")
        try:
            for name, value in inputs.items():
                if self._bound.get(name) is not value:
                    request.set_tensor(name, ov.Tensor(value, shared_memory=True) if isinstance(value, np.ndarray) else value)
                    self._bound[name] = value
            request.infer(share_outputs=True)  # else it copies the features between stages, which nobody reads
            outputs = self._fixed_outputs or self._outputs_of(request)
            return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in outputs}
        except Exception as error:  # the engine raises RuntimeError, ValueError and TypeError alike
            raise BackendError(f"OpenVINO failed: {error}") from error

    def close(self) -> None:
        self._request = self._fixed_outputs = None
        self._bound = {}
        if self._keeping is not None:
            self._keeping.result()

    def _outputs_of(self, request: ov.InferRequest) -> list[tuple[str, Any]]:
        """Answers as arrays, features as tensors, both in the request's memory, which stays from run to run where shapes do."""
        tensors = [request.get_output_tensor(index) for index in range(len(request.model_outputs))]
        return [(name, tensors[index].data if is_answer(name) else tensors[index]) for name, index in self._outputs]


class _OpenVino:
    name = "openvino"
    version = ov.__version__.split("-")[0]
    largest_batch = 1  # compiled for a fixed number: dynamic shapes cost speed on every frame

    def __init__(self, device: str) -> None:
        self.device, self.fixed_shapes = device, device == "npu"
        self.fixed_batches = (2, 4, 8) if device == "cpu" else ()
        able = () if device == "npu" else _core().get_property(device.upper(), "OPTIMIZATION_CAPABILITIES")
        self.precisions = tuple(name for name, (_, capability) in _HINTS.items() if capability in able)

    def open(self, path: Path, threads: int, precision: str, dimensions: Mapping[str, int] | None = None) -> _Session:
        with _opening.graph():
            return self._opened(path, threads, precision, dimensions)

    def _opened(self, path: Path, threads: int, precision: str, dimensions: Mapping[str, int] | None) -> _Session:
        try:
            wanted = settings(self.device, threads, precision)
            here = {"version": ov.__version__, "device": _core().get_property(self.device.upper(), "FULL_DEVICE_NAME")}
            matters = {name: value for name, value in wanted.items() if name not in _OF_THREADS}
            cache = CompiledCache(cache_folder("openvino"), path, {**matters, **here, **(dimensions or {})})
            kept = _kept(cache, self.device.upper(), wanted)
            if kept is not None:
                return _Session(kept)
            compiled = _core().compile_model(_fixed(path, dimensions), self.device.upper(), wanted)
            return _Session(compiled, Ahead(lambda: _keep(cache, compiled)))
        except Exception as error:
            raise BackendError(f"OpenVINO cannot open {path.name} on {self.device}: {error}") from error


def _kept(cache: CompiledCache, device: str, wanted: dict[str, Any]) -> ov.CompiledModel | None:
    content = cache.read()
    if content is None:
        return None
    try:
        return _core().import_model(content, device, wanted)
    except RuntimeError:  # a driver that has changed since
        return None


def _keep(cache: CompiledCache, compiled: ov.CompiledModel) -> None:
    """For the next start. Neither the frames of this one nor graphs that are opened beside this one wait for it."""
    with _opening.ended(), contextlib.suppress(RuntimeError):  # a device that exports nothing is compiled for anew each time
        exported = io.BytesIO()
        compiled.export_model(exported)
        cache.write(exported.getvalue())


def _fixed(path: Path, dimensions: Mapping[str, int] | None) -> ov.Model:
    """The graph for one image. Read in that shape: to read it in any and then to reshape it takes a fifth longer in all.

    Its constants are folded, which more than halves its operations before the engine's passes, hundreds of them, go through all.
    """
    reader = ov.frontend.FrontEndManager().load_by_framework("onnx")
    graph = reader.load(str(path))
    for place in graph.get_inputs():
        graph.set_partial_shape(place, _one_of(graph.get_partial_shape(place), dimensions))
    model = reader.convert(graph)
    folding = Manager()
    folding.register_pass(ConstantFolding())
    folding.run_passes(model)
    return model


def _one_of(shape: ov.PartialShape, dimensions: Mapping[str, int] | None) -> ov.PartialShape:
    """A batch of one unless another is told; the height and width of an image (N, H, W, 3), where they are told."""
    told, extents = dimensions or {}, list(shape)[1:]
    if "height" in told and len(extents) == 3:
        extents[:2] = told["height"], told["width"]
    return ov.PartialShape([told.get("batch", 1), *extents])


def settings(device: str, threads: int, precision: str) -> dict[str, Any]:
    """OpenVINO's settings for one graph at the lowest latency."""
    chosen: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY"}
    if device == "cpu":
        # Fewer threads than cores would all be pinned to the first ones, where several workers wait for each other.
        pinned = threads >= default_threads()
        chosen |= {"NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, "ENABLE_CPU_PINNING": pinned}
    if device == "npu":  # computes in fp16 at best
        return chosen
    if precision in _HINTS:
        chosen["INFERENCE_PRECISION_HINT"] = _HINTS[precision][0]  # a CPU without fp16 takes fp32 for it
    elif device == "cpu" or precision == "fp32":
        # Else bf16 or fp16 where the device has it, which moves coordinates; int8 graphs do not even open on a CPU with bf16.
        chosen["INFERENCE_PRECISION_HINT"] = "f32"
    return chosen


@functools.cache
def _core() -> ov.Core:
    return ov.Core()


on = functools.cache(_OpenVino)
"""The backend on a device."""


def devices() -> tuple[str, ...]:
    """What OpenVINO finds in this machine."""
    return devices_of(_core().available_devices)


def devices_of(available: Sequence[str]) -> tuple[str, ...]:
    """The devices among OpenVINO's names ("CPU", "GPU.0", …)."""
    kinds = {name.partition(".")[0].lower() for name in available}
    return tuple(device for device in _DRIVERS if device in kinds)


def why_not(device: str) -> str:
    """What is missing for `device`, and what brings it."""
    found = ", ".join(_core().available_devices)
    return f"OpenVINO {_OpenVino.version} finds {found}, no {device.upper()}: it needs {_DRIVERS[device]}"
