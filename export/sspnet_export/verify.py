"""Compare a graph's answers with PyTorch's: pictures to run on, how far apart answers may be, what is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnx
from numpy.typing import NDArray

from sspnet_export.engines import Arrays
from sspnet_export.errors import ExportError

TOLERANCE = 1e-4


@dataclass(frozen=True)
class Difference:
    """The largest |Δ| of an answer to PyTorch's, in normalised units: 1 is the crop's side, or 2 m of depth."""

    size: int
    runtime: str
    graph: str
    answer: str
    largest: float

    def __str__(self) -> str:
        return f"{self.size} px {self.runtime:<12} {self.graph:<8} {self.answer:<8} max |Δ| {self.largest:.1e}"


def noise_and_figure(size: int) -> NDArray[np.uint8]:
    """(2, size, size, 3): noise, and a figure before a soft background."""
    rng = np.random.default_rng(size)
    noise = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
    picture = cv2.resize(rng.integers(60, 200, (6, 6, 3), dtype=np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
    joints = {name: (int(u * size), int(v * size)) for name, (u, v) in FIGURE.items()}
    for start, end, color in LIMBS:
        cv2.line(picture, joints[start], joints[end], color, size // 16, cv2.LINE_AA)
    cv2.circle(picture, joints["head"], size // 14, (214, 170, 140), -1, cv2.LINE_AA)
    return np.stack([noise, picture])


def some_previous(joints: int) -> NDArray[np.float32]:
    """(2, joints, 4): nothing known of the first picture's frame before, and a pose with some joints missing."""
    rng = np.random.default_rng(joints)
    previous = rng.uniform(0.2, 0.8, (2, joints, 4)).astype(np.float32)
    previous[0] = 0.0
    previous[1, ::5, 3] = 0.0
    return previous


FIGURE = {
    "head": (0.50, 0.16), "neck": (0.50, 0.26), "pelvis": (0.50, 0.53), "left elbow": (0.68, 0.38), "left hand": (0.74, 0.24),
    "right elbow": (0.35, 0.40), "right hand": (0.33, 0.55), "left knee": (0.60, 0.72), "left foot": (0.58, 0.92),
    "right knee": (0.43, 0.73), "right foot": (0.40, 0.93),
}  # fmt: skip
SHIRT, TROUSERS = (170, 40, 40), (40, 50, 110)
LIMBS = [
    ("neck", "pelvis", SHIRT), ("neck", "left elbow", SHIRT), ("left elbow", "left hand", SHIRT), ("neck", "right elbow", SHIRT),
    ("right elbow", "right hand", SHIRT), ("pelvis", "left knee", TROUSERS), ("left knee", "left foot", TROUSERS),
    ("pelvis", "right knee", TROUSERS), ("right knee", "right foot", TROUSERS),
]  # fmt: skip


def compared(size: int, runtime: str, graph: str, answers: Arrays, expected: Arrays, tolerance: float) -> Iterator[str]:
    """A line for each answer that PyTorch gives too.

    Raises:
        ExportError: one differs by more than `tolerance`.
    """
    for name, values in expected.items():
        difference = Difference(size, runtime, graph, name, float(np.abs(answers[name] - values).max()))
        yield str(difference)
        if not difference.largest <= tolerance:
            raise ExportError(f"differs from PyTorch by more than {tolerance:.0e}: {difference}")


def check_model(path: Path) -> None:
    try:
        onnx.checker.check_model(path, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"the ONNX checker refuses {path.name}: {error}") from None
