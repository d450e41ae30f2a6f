"""ONNX Runtime, on the CPU or through one of its execution providers."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # read when the library loads
import onnxruntime as ort

from sspnet_sdk.backends.forks import keep_in_children
from sspnet_sdk.backends.protocol import is_answer
from sspnet_sdk.backends.providers import NAMES, ONE_AT_A_TIME, PACKAGES, providers
from sspnet_sdk.errors import BackendError
from sspnet_sdk.system.user_cache import alone, cache_folder

_FATAL = 4
if hasattr(ort, "set_default_logger_severity"):  # not where the package is only partly there, which is said later
    ort.set_default_logger_severity(_FATAL)
_BOUND = {"cuda": "cuda", "tensorrt": "cuda"}  # device → where features stay between two stages


class _Session:
    def __init__(self, session: ort.InferenceSession) -> None:
        self._session: ort.InferenceSession | None = session
        self._outputs = [output.name for output in session.get_outputs()]
        keep_in_children(self)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        if self._session is None:
            raise BackendError("ONNX Runtime: this session is closed")
        try:
            return self._run(self._session, inputs)
        except Exception as error:  # the engine's exceptions have no common base of their own
            raise BackendError(f"ONNX Runtime failed: {error}") from error

    def _run(self, session: ort.InferenceSession, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return dict(zip(self._outputs, session.run(self._outputs, dict(inputs)), strict=True))

    def close(self) -> None:
        self._session = None


class BoundSession(_Session):
    """Features stay in the device's memory from stage to stage; only answers come back."""

    def __init__(self, session: ort.InferenceSession, memory: str) -> None:
        super().__init__(session)
        self._memory = memory

    def _run(self, session: ort.InferenceSession, inputs: Mapping[str, Any]) -> dict[str, Any]:
        binding = session.io_binding()
        for name, value in inputs.items():
            if isinstance(value, np.ndarray):
                binding.bind_cpu_input(name, value)
            else:
                binding.bind_ortvalue_input(name, value)
        for name in self._outputs:
            binding.bind_output(name, "cpu" if is_answer(name) else self._memory)
        session.run_with_iobinding(binding)
        values = zip(self._outputs, binding.get_outputs(), strict=True)
        return {name: value.numpy() if is_answer(name) else value for name, value in values}


class _OnnxRuntime:
    name = "onnxruntime"
    version = ort.__version__
    precisions: tuple[str, ...] = ()
    fixed_batches: tuple[int, ...] = ()

    def __init__(self, device: str) -> None:
        self.device = device
        self.largest_batch = 1 if device in ONE_AT_A_TIME else 16
        self.fixed_shapes = device in ONE_AT_A_TIME
        if device in _BOUND and hasattr(ort, "preload_dlls"):
            with quiet():
                ort.preload_dlls()  # CUDA and cuDNN as pip installs them
        if device == "tensorrt":
            with contextlib.suppress(ImportError):
                import_module("tensorrt")  # loads TensorRT's libraries as pip installs them, which preload_dlls leaves out

    def open(self, path: Path, threads: int, precision: str, dimensions: Mapping[str, int] | None = None) -> _Session:
        wanted = providers(self.device, precision, path, cache_folder("tensorrt") if self.device == "tensorrt" else None)
        try:
            hushed = contextlib.nullcontext() if self.device == "cpu" else quiet()  # on the CPU there is nothing to say
            with hushed, alone("tensorrt") if self.device == "tensorrt" else contextlib.nullcontext():
                session = ort.InferenceSession(str(path), self._options(threads, dimensions or {}), providers=wanted)
        except Exception as error:
            raise BackendError(f"ONNX Runtime cannot open {path.name} on {self.device}: {error}") from error
        if wanted[0][0] not in session.get_providers():
            raise BackendError(
                f"ONNX Runtime {self.version} has {wanted[0][0]}, but it does not start here: its driver or libraries are missing"
                f" or of another version ({PACKAGES[self.device]})"
            )
        return BoundSession(session, _BOUND[self.device]) if self.device in _BOUND else _Session(session)

    def _options(self, threads: int, dimensions: Mapping[str, int]) -> ort.SessionOptions:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = _FATAL  # errors arrive as exceptions
        # The pools of several sessions must not spin against each other: a chain of stages would take 2.5 times as long.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        if self.largest_batch == 1:
            options.add_free_dimension_override_by_name("batch", 1)
        for name, extent in dimensions.items():
            options.add_free_dimension_override_by_name(name, extent)
        if self.device == "directml":
            options.enable_mem_pattern = False  # DirectML refuses to open otherwise
        return options


_one_at_a_time = threading.Lock()  # two threads that redirect the program's output by turns would leave it redirected


class _OtherThreads:
    """Standard output for all threads but one, whose words are dropped while it is `in_place`."""

    def __init__(self) -> None:
        self._output: Any = None
        self._dropped: int | None = None

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Of standard output, for the thread that asks; nothing, where a program has none."""
        if sys.stdout is None:
            yield
            return
        self._output, self._dropped = sys.stdout, threading.get_ident()
        try:
            with contextlib.redirect_stdout(self):  # type: ignore[type-var]
                yield
        finally:
            self._dropped = None

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() == self._dropped else self._output.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._output, name)


# One that lives for ever: `print` of another thread may still be using it, without a reference that keeps it.
_other_threads = _OtherThreads()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep ONNX Runtime from printing and warning about providers that do not start: `open` checks, and raises.

    Engines are opened in the background too, so what the program itself prints meanwhile goes through.
    """
    with _one_at_a_time, _other_threads.in_place(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


on = functools.cache(_OnnxRuntime)
"""The backend on a device."""


def devices() -> tuple[str, ...]:
    """What this build of ONNX Runtime has a provider for."""
    return devices_of(ort.get_available_providers())


def devices_of(available: Sequence[str]) -> tuple[str, ...]:
    """The devices that some providers serve."""
    return tuple(device for device, provider in NAMES.items() if provider in available)


def why_not(device: str) -> str:
    """What is missing for `device`, and what brings it."""
    has = ", ".join(ort.get_available_providers())
    return f"this onnxruntime {ort.__version__} has {has}, not {NAMES[device]}: {PACKAGES[device]}"
