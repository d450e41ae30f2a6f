"""The chain of stages of one precision and size. It runs to a cut, or until a deadline. Stages are opened when first needed."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.backends.answers import CheckedSession
from sspnet_sdk.backends.protocol import Backend
from sspnet_sdk.bundle import Bundle, StageGraph
from sspnet_sdk.errors import BundleError, SSPNetError
from sspnet_sdk.frame_rate.latency import StageTime, next_stage_fits
from sspnet_sdk.frame_rate.turns import Turn
from sspnet_sdk.inference.ahead import Ahead


@dataclass(frozen=True, eq=False)
class ChainAnswer:
    """What a run of the chain gave for N crops.

    Attributes:
        poses: (N, J, 4) float32 u, v, z, confidence.
        cut: the stage that they come from.
        stage_ms: time that each stage took.
        root_features: (N, width) float32, where the bundle has a root depth.
    """

    poses: NDArray[np.float32]
    cut: int
    stage_ms: tuple[float, ...]
    root_features: NDArray[np.float32] | None


class StageChain:
    """Each stage gives a complete answer, and the features that the next one refines. So a run can end after any of them.

    Args:
        bundle: whose stages.
        backend: that runs them.
        precision: of the stages.
        size: side of the crops in pixels.
        threads: of the engine.
        batch: so many crops in each run, one of the backend's `fixed_batches`. None: as many as the backend takes.
    """

    def __init__(
        self, bundle: Bundle, backend: Backend, precision: str, size: int, threads: int, batch: int | None = None
    ) -> None:
        self.precision, self.size, self._batch, self._joints = precision, size, batch, len(bundle.joint_names)
        self._backend, self._threads = backend, threads
        self._graphs = bundle.stages[precision, size]
        self._sessions: dict[int, CheckedSession] = {}
        self._opening: dict[int, Ahead[CheckedSession]] = {}
        self._times = [StageTime() for _ in self._graphs]
        self._unknown = np.zeros((0, self._joints, 4), np.float32)

    def run(
        self, crops: NDArray[np.uint8], cut: int, deadline: float | None = None, previous: NDArray[np.float32] | None = None
    ) -> ChainAnswer:
        """Poses of some crops.

        Args:
            crops: (N, size, size, 3) uint8 RGB.
            cut: where to stop at the latest.
            deadline: `time.perf_counter()` at which the answer must be there; a stage that is not expected to end by then is not
                begun. The first stage always runs.
            previous: (N, J, 4) the same people's u, v, z, confidence in the frame before, on these crops. None: nothing is known.
        """
        people, expected = len(crops), 0.0
        tensors: dict[str, Any] = {"image": crops}
        if "previous" in self._graphs[0].inputs:
            tensors["previous"] = self._nobody(people) if previous is None else np.ascontiguousarray(previous)
        stage_ms: list[float] = []
        pose, reached = np.empty((0, self._joints, 4), np.float32), 0
        for index, graph in enumerate(self._graphs):
            if graph.cut > cut and reached:
                break
            stage_time = self._times[index]
            if deadline is not None and reached:
                left = (deadline - time.perf_counter()) * 1000
                if not next_stage_fits(left / people, sum(stage_ms) / people, expected, stage_time):
                    break
            session = self._open(index)
            begin = time.perf_counter()
            tensors.update(session.run({name: tensors[name] for name in graph.inputs}))
            elapsed = (time.perf_counter() - begin) * 1000
            pose, reached = _answer(tensors, graph, (people, self._joints, 4)), graph.cut
            stage_ms.append(elapsed)
            expected += stage_time.mean_ms
            stage_time.update(elapsed / people)
        return ChainAnswer(pose, reached, tuple(stage_ms), _root_features(tensors, people))

    def _nobody(self, people: int) -> NDArray[np.float32]:
        """The same array each time: engines keep it bound as their input."""
        if len(self._unknown) != people:
            self._unknown = np.zeros((people, self._joints, 4), np.float32)
        return self._unknown

    def open_ahead(self, cut: int) -> None:
        """Begin to open the stages up to `cut`, all at once. `run` waits for each when it needs it."""
        for index, graph in enumerate(self._graphs):
            if (graph.cut <= cut or index == 0) and index not in self._sessions and index not in self._opening:
                self._opening[index] = Ahead(partial(self._opened, index))

    def open(self, cut: int) -> None:
        """Open the stages up to `cut`: one after the other, but for those that `open_ahead` has begun.

        Another thread may run shallower cuts meanwhile.
        """
        for index, graph in enumerate(self._graphs):
            if graph.cut <= cut or index == 0:
                self._open(index)

    def warm_up(self, cut: int, turn: Turn = contextlib.nullcontext) -> None:
        """Open the stages up to `cut` and run them until their times are known, each run within a `turn`.

        A session's first run is not like the others.
        """
        self.open(cut)
        self.run_grey(cut, turn)
        self._times = [StageTime() for _ in self._graphs]
        for _ in range(3):
            self.run_grey(cut, turn)

    def run_grey(self, cut: int, turn: Turn = contextlib.nullcontext) -> tuple[float, ...]:
        """Run up to `cut` on a picture of nothing, within a `turn`. Gives the time of each stage in milliseconds."""
        with turn():
            return self.run(np.full((self._batch or 1, self.size, self.size, 3), 128, np.uint8), cut).stage_ms

    def close(self) -> None:
        """Free the sessions."""
        for index in list(self._opening):
            with contextlib.suppress(SSPNetError):
                self._open(index)
        for session in self._sessions.values():
            session.close()
        self._sessions = {}

    def _open(self, index: int) -> CheckedSession:
        if index not in self._sessions:
            begun = self._opening.pop(index, None)
            self._sessions[index] = self._opened(index) if begun is None else begun.result()
        return self._sessions[index]

    def _opened(self, index: int) -> CheckedSession:
        graph, dimensions = self._graphs[index], None if self._batch is None else {"batch": self._batch}
        session = self._backend.open(graph.path, self._threads, self.precision, dimensions)
        return CheckedSession(session, graph.path, graph.outputs)


def _answer(tensors: dict[str, Any], graph: StageGraph, shape: tuple[int, int, int]) -> NDArray[np.float32]:
    name = f"pose_{graph.cut}"
    pose: NDArray[np.float32] = tensors[name]
    if pose.shape != shape:
        raise BundleError(f"the graph {graph.path.name} gives {name} of shape {pose.shape}, not {shape}")
    return pose


def _root_features(tensors: dict[str, Any], people: int) -> NDArray[np.float32] | None:
    features: NDArray[np.float32] | None = tensors.get("root_features")
    if features is not None and (features.ndim != 2 or len(features) != people):
        raise BundleError(f"the first stage gives root_features of shape {features.shape}, not ({people}, width)")
    return features
