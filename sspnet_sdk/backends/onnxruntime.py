"""ONNX Runtime."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnxruntime as ort

from sspnet_sdk.backends.forks import keep_in_children
from sspnet_sdk.errors import BackendError


class _Session:
    def __init__(self, session: ort.InferenceSession) -> None:
        self._session: ort.InferenceSession | None = session
        self._outputs = [output.name for output in session.get_outputs()]
        keep_in_children(self)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if self._session is None:
            raise BackendError("ONNX Runtime: this session is closed")
        try:
            return dict(zip(self._outputs, self._session.run(self._outputs, dict(inputs)), strict=True))
        except Exception as error:  # the engine's exceptions have no common base of their own
            raise BackendError(f"ONNX Runtime failed: {error}") from error

    def close(self) -> None:
        self._session = None


class _OnnxRuntime:
    name = "onnxruntime"
    version = ort.__version__
    largest_batch = 16

    def open(self, path: Path, threads: int, precision: str) -> _Session:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors arrive as exceptions; warnings about a graph are of no use to who runs it
        # The pools of several sessions must not spin against each other: a chain of stages would take 2.5 times as long.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            return _Session(ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))
        except Exception as error:
            raise BackendError(f"ONNX Runtime cannot open {path.name}: {error}") from error


BACKEND = _OnnxRuntime()
