"""OpenVINO."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.backends.forks import keep_in_children
from sspnet_sdk.errors import BackendError
from sspnet_sdk.user_cache import cache_folder

# Importing openvino starts a process that reports the use to its makers, unless its reporting package is missing: for us it is.
_reporting = sys.modules.get("openvino_telemetry")
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
try:
    import openvino as ov
finally:
    del sys.modules["openvino_telemetry"]
    if _reporting is not None:
        sys.modules["openvino_telemetry"] = _reporting

_ANSWERS = ("pose_", "centre", "joints", "heat")


class _Session:
    def __init__(self, compiled: ov.CompiledModel) -> None:
        self._compiled = compiled
        self._request: ov.InferRequest | None = compiled.create_infer_request()
        self._outputs = [(output.get_any_name(), index) for index, output in enumerate(compiled.outputs)]
        keep_in_children(self)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        request = self._request
        if request is None:
            raise BackendError("OpenVINO: this session is closed")
        try:
            for name, value in inputs.items():
                tensor = ov.Tensor(value, shared_memory=True) if isinstance(value, np.ndarray) else value
                request.set_tensor(name, tensor)
            request.infer()
            outputs: dict[str, Any] = {}
            for name, index in self._outputs:
                tensor = request.get_output_tensor(index)
                outputs[name] = tensor.data.copy() if name.startswith(_ANSWERS) else tensor
            return outputs
        except Exception as error:  # the engine raises RuntimeError, ValueError and TypeError alike
            raise BackendError(f"OpenVINO failed: {error}") from error

    def close(self) -> None:
        self._request = None


class _OpenVino:
    name = "openvino"
    version = ov.__version__.split("-")[0]
    largest_batch = 1  # compiled for a fixed batch: dynamic shapes cost speed on every frame

    def __init__(self) -> None:
        self._core: ov.Core | None = None

    def open(self, path: Path, threads: int, precision: str) -> _Session:
        settings: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads}
        if precision == "fp32":
            settings["INFERENCE_PRECISION_HINT"] = "f32"  # else bf16 where the CPU has it, which moves coordinates
        folder = cache_folder("openvino")
        if folder is not None:
            settings["CACHE_DIR"] = str(folder)
        try:
            self._core = self._core or ov.Core()
            model = self._core.read_model(path)
            model.reshape({port: ov.PartialShape([1, *list(port.get_partial_shape())[1:]]) for port in model.inputs})
            return _Session(self._core.compile_model(model, "CPU", settings))
        except Exception as error:
            raise BackendError(f"OpenVINO cannot open {path.name}: {error}") from error


BACKEND = _OpenVino()
