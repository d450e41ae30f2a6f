"""Inference engines behind one small protocol; one file per engine, imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module, metadata

from sspnet_sdk.backends.protocol import Backend, Session
from sspnet_sdk.errors import BackendError, OptionError

BACKENDS = ("onnxruntime", "openvino")
_DISTRIBUTIONS = {
    "onnxruntime": ("onnxruntime", "onnxruntime-gpu", "onnxruntime-directml", "onnxruntime-openvino"),
    "openvino": ("openvino",),
}
_INSTALL = {"onnxruntime": "pip install onnxruntime", "openvino": "pip install 'sspnet-sdk[openvino]'"}

__all__ = ["BACKENDS", "Backend", "Session", "check_backend", "installed", "load"]


def installed() -> dict[str, str]:
    """Backends whose library is installed, with its version; nothing is imported."""
    found = {}
    for backend in BACKENDS:
        for distribution in _DISTRIBUTIONS[backend]:
            try:
                found[backend] = metadata.version(distribution)
                break
            except metadata.PackageNotFoundError:
                continue
    return found


def check_backend(name: object) -> str:
    """`name` if it is "auto" or a backend's name, else an `OptionError`."""
    if name != "auto" and name not in BACKENDS:
        raise OptionError(f"backend must be 'auto', {', '.join(map(repr, BACKENDS))}, not {name!r}")
    return str(name)


def load(name: str) -> Backend:
    """The backend called `name`.

    Raises:
        BackendError: its library is missing (says how to install it) or does not load (with the library's own words).
    """
    try:
        return import_module(f"sspnet_sdk.backends.{name}").BACKEND  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        if error.name != name:
            raise BackendError(f"the backend {name} does not load: {error}") from error
        raise BackendError(f"the backend {name} is not installed: {_INSTALL[name]}") from None
    except (ImportError, OSError) as error:
        raise BackendError(f"the backend {name} is installed but does not load: {error}") from error
