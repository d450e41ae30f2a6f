"""libsspnet through its C interface, in this process: as much of cpp/include/sspnet/sspnet.h as the benchmark needs."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_JOINTS, _BGR = 28, 0


class _Image(ctypes.Structure):
    _fields_ = (
        ("pixels", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("stride", ctypes.c_size_t),
        ("color", ctypes.c_int),
    )


class _Box(ctypes.Structure):
    _fields_ = (("x", ctypes.c_float), ("y", ctypes.c_float), ("w", ctypes.c_float), ("h", ctypes.c_float))


class Pose(ctypes.Structure):
    """`sspnet_pose`."""

    _fields_ = (
        ("joint_count", ctypes.c_int),
        ("keypoints", ctypes.c_float * 2 * _JOINTS),
        ("joints3d", ctypes.c_float * 3 * _JOINTS),
        ("confidence", ctypes.c_float * _JOINTS),
        ("box", _Box),
        ("cut", ctypes.c_int),
        ("input_size", ctypes.c_int),
        ("latency_ms", ctypes.c_double),
        ("network_ms", ctypes.c_double),
        ("unsure", ctypes.c_int),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("target_fps", ctypes.c_double),
        ("deadline_ms", ctypes.c_double),
        ("percentile", ctypes.c_double),
        ("cut", ctypes.c_int),
        ("input_size", ctypes.c_int),
        ("precision", ctypes.c_char_p),
        ("backend", ctypes.c_char_p),
        ("device", ctypes.c_char_p),
        ("threads", ctypes.c_int),
        ("cache_dir", ctypes.c_char_p),
        ("log", ctypes.c_void_p),
        ("log_user", ctypes.c_void_p),
    )


class LibSSPNet:
    """An estimator of the shared library at `path`, at one cut and input size."""

    def __init__(self, path: Path, bundle: Path, backend: str, cut: int, size: int, threads: int) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.sspnet_default_options.restype = _Options
        self._library.sspnet_last_error.restype = ctypes.c_char_p
        options = self._library.sspnet_default_options()
        options.cut, options.input_size, options.threads = cut, size, threads
        options.backend, options.cache_dir = backend.encode(), b""
        self._estimator, self._pose = ctypes.c_void_p(), Pose()
        self._check(self._library.sspnet_open(str(bundle).encode(), ctypes.byref(options), ctypes.byref(self._estimator)))

    def predict(self, image: NDArray[np.uint8], box: tuple[float, float, float, float]) -> Pose:
        """The pose in a BGR image; the same object every time."""
        height, width = image.shape[:2]
        shown = _Image(image.ctypes.data, width, height, image.strides[0], _BGR)
        arguments = (self._estimator, ctypes.byref(shown), ctypes.byref(_Box(*box)), ctypes.byref(self._pose))
        self._check(self._library.sspnet_predict(*arguments))
        return self._pose

    def _check(self, status: int) -> None:
        if status:
            raise RuntimeError(self._library.sspnet_last_error().decode())
