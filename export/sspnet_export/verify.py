"""A bundle's graphs against PyTorch: every cut and size, whole and as a chain, in every runtime that is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from sspnet_train.network.model import SSPNet
from sspnet_train.network.movenet import MoveNetEntry
from sspnet_train.network.network_input import network_input

from .errors import ExportError
from .inference import FINDER_OUTPUTS

TOLERANCE = 1e-4

Arrays = dict[str, NDArray[Any]]
Run = Callable[[Mapping[str, NDArray[Any]]], Arrays]


@dataclass(frozen=True)
class Difference:
    """The largest |Δ| to PyTorch of an answer, in normalised units: 1 is the crop's side, or 2 m of depth."""

    size: int
    runtime: str
    graph: str
    answer: str
    largest: float

    def __str__(self) -> str:
        return f"{self.size} px {self.runtime:<12} {self.graph:<8} {self.answer:<8} max |Δ| {self.largest:.1e}"


def test_images(size: int) -> NDArray[np.uint8]:
    """(2, size, size, 3): noise, and a figure before a soft background."""
    rng = np.random.default_rng(size)
    noise = rng.integers(0, 256, (size, size, 3), dtype=np.uint8)
    picture = cv2.resize(rng.integers(60, 200, (6, 6, 3), dtype=np.uint8), (size, size), interpolation=cv2.INTER_CUBIC)
    joints = {name: (int(u * size), int(v * size)) for name, (u, v) in FIGURE.items()}
    for start, end, color in LIMBS:
        cv2.line(picture, joints[start], joints[end], color, size // 16, cv2.LINE_AA)
    cv2.circle(picture, joints["head"], size // 14, (214, 170, 140), -1, cv2.LINE_AA)
    return np.stack([noise, picture])


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


@torch.no_grad()
def reference(network: SSPNet, images: NDArray[np.uint8], cuts: tuple[int, ...]) -> Arrays:
    """What the network itself answers, neither folded nor rounded."""
    x = network_input(images)
    predictions = network(x, cuts[-1])
    answers = {}
    for cut in cuts:
        last = predictions[cut * network.config.levels - 1]
        answers[f"pose_{cut}"] = torch.cat([last.pose, last.confidence.unsqueeze(2)], dim=2).numpy()
    return answers | people(network, images)


@torch.no_grad()
def people(network: SSPNet, images: NDArray[np.uint8]) -> Arrays:
    """Where the network itself finds people in pictures; nothing of a network that finds none."""
    if not isinstance(network.entry, MoveNetEntry):
        return {}
    maps = network.entry.people(network_input(images))
    return {name: values.numpy() for name, values in zip(FINDER_OUTPUTS, maps, strict=True)}


def verify(folder: Path, manifest: Mapping[str, Any], network: SSPNet, tolerance: float = TOLERANCE) -> Iterator[Difference]:
    """Check the fp32 graphs in `folder`; yields what was measured as it goes.

    Raises ExportError where a graph is malformed or differs by more than `tolerance`.
    """
    cuts = tuple(entry["cut"] for entry in manifest["cuts"])
    for size, graphs in manifest["graphs"]["fp32"].items():
        images = test_images(int(size))
        expected = reference(network, images, cuts)
        for file in graph_files(graphs):
            check_model(folder / file)
        for runtime, open_graph in runtimes().items():
            for graph, answers in run_all(folder, graphs, images, open_graph):
                yield from compared(int(size), runtime, graph, answers, expected, tolerance)
            if "finer_finder" in graphs:
                images_2x = test_images(2 * int(size))
                answers = open_graph(folder / graphs["finer_finder"])({"image": images_2x})
                yield from compared(2 * int(size), runtime, "finder", answers, people(network, images_2x), tolerance)


def compared(size: int, runtime: str, graph: str, answers: Arrays, expected: Arrays, tolerance: float) -> Iterator[Difference]:
    for name, values in answers.items():
        difference = Difference(size, runtime, graph, name, float(np.abs(values - expected[name]).max()))
        yield difference
        if not difference.largest <= tolerance:
            raise ExportError(f"differs from PyTorch by more than {tolerance:.0e}: {difference}")


def graph_files(graphs: Mapping[str, Any]) -> list[str]:
    whole = [graphs[name] for name in ("full", "finder", "finer_finder") if name in graphs]
    return whole + [stage["file"] for stage in graphs["stages"]]


def check_model(path: Path) -> None:
    try:
        onnx.checker.check_model(path, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ExportError(f"the ONNX checker refuses {path.name}: {error}") from None


def run_all(
    folder: Path, graphs: Mapping[str, Any], images: NDArray[np.uint8], open_graph: Callable[[Path], Run]
) -> Iterator[tuple[str, Arrays]]:
    """Answers of the whole graph, of the chain of stages, of the finder."""
    full = open_graph(folder / graphs["full"])({"image": images})
    yield "full", full
    known: Arrays = {"image": images}
    for stage in graphs["stages"]:
        known |= open_graph(folder / stage["file"])({name: known[name] for name in stage["inputs"]})
    yield "stages", {name: known[name] for name in full}
    if "finder" in graphs:
        yield "finder", open_graph(folder / graphs["finder"])({"image": images})


def runtimes() -> dict[str, Callable[[Path], Run]]:
    """The engines that are installed; each opens a graph and gives a function that runs it."""
    engines: dict[str, Callable[[Path], Run]] = {"onnxruntime": open_onnxruntime, "openvino": open_openvino}
    return {name: engine for name, engine in engines.items() if find_spec(name)}


def open_onnxruntime(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, dict(inputs)), strict=True))


def open_openvino(path: Path) -> Run:
    import openvino

    compiled = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda inputs: {port.get_any_name(): values for port, values in compiled(dict(inputs)).items()}
