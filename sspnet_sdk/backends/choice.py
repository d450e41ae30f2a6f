"""Which engines a choice of backend and device leaves on this machine."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Sequence

from sspnet_sdk.backends import INSTALL, installed, load, module, split
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.errors import BackendError, OptionError
from sspnet_sdk.given import is_word

logger = logging.getLogger("sspnet_sdk")

_GPUS = {"win32": ("onnxruntime:directml",), "darwin": ("onnxruntime:coreml",)}.get(sys.platform, ())
# "auto" leaves out what takes minutes to compile (TensorRT) or computes in fp16 whatever is asked for.
_SERVE: dict[str, tuple[str, ...]] = {
    "auto": ("onnxruntime", "openvino", "onnxruntime:cuda"),
    "cpu": ("onnxruntime", "openvino"),
    "gpu": ("onnxruntime:cuda", *_GPUS, "openvino:gpu"),
    "npu": ("openvino:npu",),
    "cuda": ("onnxruntime:cuda",),
    "tensorrt": ("onnxruntime:tensorrt",),
    "directml": ("onnxruntime:directml",),
    "coreml": ("onnxruntime:coreml",),
}
DEVICES = tuple(_SERVE)


def able(names: Sequence[str], precisions: Sequence[str], bundle: Bundle) -> list[str]:
    """Of some engines, those that run a bundle in one of `precisions`.

    Raises:
        BackendError: none does.
    """
    kept = [name for name in names if any(runs(name, precision, bundle) for precision in precisions)]
    if not kept:
        raise BackendError(
            f"precision {' or '.join(map(repr, precisions))} cannot be computed by {', '.join(names)} here: the backend openvino "
            "computes 'bf16' on CPUs with AVX-512 or AMX, 'fp16' on Intel GPUs and on Arm CPUs"
        )
    return kept


def runs(engine: str, precision: str, bundle: Bundle) -> bool:
    """Whether the bundle has graphs in a precision, or the engine computes the fp32 graphs in it."""
    with contextlib.suppress(BackendError):  # one that does not load is passed over where it is measured
        return precision in bundle.precisions or precision in load(engine).precisions
    return False


def check_device(name: object) -> str:
    """`name` if it is one of `DEVICES`, else an `OptionError`."""
    if not is_word(name, DEVICES):
        raise OptionError(f"device must be {', '.join(map(repr, DEVICES))}, not {name!r:.80}")
    return str(name)


def engines(backend: str, device: str, found: Callable[[str], Sequence[str]] | None = None) -> list[str]:
    """The engines to choose from by measurement: those that serve `device`, belong to `backend` and are here.

    Args:
        backend: "auto" or a backend's name.
        device: one of `DEVICES`.
        found: gives the devices that a backend finds here; None asks the backend itself.

    Raises:
        OptionError: the backend has no such device anywhere.
        BackendError: there is none here; says what is missing and what installs it.
    """
    serving = [engine for engine in _SERVE[device] if backend in ("auto", split(engine)[0])]
    if not serving:
        able = ", ".join(repr(name) for name, several in _SERVE.items() if any(split(one)[0] == backend for one in several))
        raise OptionError(f"the backend {backend} has no device {device!r}: choose {able}")
    here = installed()
    kept, missing = [], []
    for engine in serving:
        library, wanted = split(engine)
        if backend == "auto" and library not in here:
            missing.append(f"{library} is not installed: {INSTALL[library]}")
        elif wanted == "cpu" or wanted in (found(library) if found else module(library).devices()):
            kept.append(engine)
        else:
            missing.append(module(library).why_not(wanted))
    if not kept:
        raise BackendError(f"device {device!r} is not available here: {'; '.join(dict.fromkeys(missing))}")
    logger.info("device %s: %s here%s", device, ", ".join(kept), "".join(f"; {reason}" for reason in dict.fromkeys(missing)))
    return kept
