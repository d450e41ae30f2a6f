"""Inference engines behind one small protocol; one file per engine, imported when it is first asked for.

An engine is named by its backend and, off the CPU, its device: "onnxruntime", "openvino:npu", "onnxruntime:tensorrt".
"""

from __future__ import annotations

import contextlib
from importlib import import_module, metadata
from importlib.machinery import PathFinder
from types import ModuleType

from sspnet_sdk.backends.protocol import Backend, Session
from sspnet_sdk.errors import BackendError, OptionError
from sspnet_sdk.given import is_word

BACKENDS = ("onnxruntime", "openvino")
# The names under which a library is published; the module is called as the backend.
_DISTRIBUTIONS = {
    "onnxruntime": (
        *(
            "onnxruntime",
            "onnxruntime-gpu",
            "onnxruntime-directml",
            "onnxruntime-openvino",
            "onnxruntime-qnn",
            "onnxruntime-rocm",
        ),
        *("onnxruntime-migraphx", "onnxruntime-azure", "onnxruntime-training", "ort-nightly", "ort-nightly-gpu"),
    ),
    "openvino": ("openvino", "openvino-nightly"),
}
INSTALL = {"onnxruntime": "pip install onnxruntime", "openvino": "pip install 'sspnet-sdk[openvino]'"}

__all__ = ["BACKENDS", "INSTALL", "Backend", "Session", "check_backend", "distributions", "installed", "load", "module", "split"]


def installed() -> dict[str, str]:
    """Backends whose library is installed, with its version; nothing is imported."""
    found = {}
    for backend in BACKENDS:
        version = _version(backend)
        if version is not None:
            found[backend] = version
    return found


def distributions() -> dict[str, list[str]]:
    """For each backend, the names under which its library is installed here; usually one."""
    return {backend: [name for name in names if _installed_version(name)] for backend, names in _DISTRIBUTIONS.items()}


def _installed_version(distribution: str) -> str | None:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return metadata.version(distribution)
    return None


def _version(backend: str) -> str | None:
    for distribution in _DISTRIBUTIONS[backend]:
        if version := _installed_version(distribution):
            return version
    spec = PathFinder.find_spec(backend)  # built from source, or published under a name that is new to us
    return "of unknown version" if spec is not None and spec.origin is not None else None


def check_backend(name: object) -> str:
    """`name` if it is "auto" or a backend's name, else an `OptionError`."""
    if not is_word(name, ("auto", *BACKENDS)):
        raise OptionError(f"backend must be 'auto', {', '.join(map(repr, BACKENDS))}, not {name!r:.80}")
    return str(name)


def split(engine: str) -> tuple[str, str]:
    """Backend and device of an engine."""
    backend, _, device = engine.partition(":")
    return backend, device or "cpu"


def load(engine: str) -> Backend:
    """The backend on its device, by the engine's name.

    Raises:
        BackendError: its library is missing (says how to install it) or does not load (with the library's own words).
    """
    backend, device = split(engine)
    return module(backend).on(device)  # type: ignore[no-any-return]


def module(backend: str) -> ModuleType:
    """The backend's file.

    Raises:
        BackendError: as `load`.
    """
    try:
        return import_module(f"sspnet_sdk.backends.{backend}")
    except ModuleNotFoundError as error:
        if error.name != backend:
            raise BackendError(f"the backend {backend} does not load: {error}") from error
        raise BackendError(f"the backend {backend} is not installed: {INSTALL[backend]}") from None
    except AttributeError as error:  # two builds were installed over each other, and one of them removed
        left = next(iter(distributions()[backend]), backend)
        again = f"pip install --force-reinstall --no-deps {left}"
        raise BackendError(f"the backend {backend} is only partly there ({error}): {again}") from None
    except (ImportError, OSError) as error:
        raise BackendError(f"the backend {backend} is installed but does not load: {error}") from error
