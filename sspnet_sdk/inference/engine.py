"""The opened networks of one backend: a chain of stages per precision and input size, and the finders. Each opens when needed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.backends import load
from sspnet_sdk.backends.answers import CheckedSession
from sspnet_sdk.bundle import ENGINE_PRECISIONS, Bundle
from sspnet_sdk.bundles.thresholds import CentresAndBoxes
from sspnet_sdk.errors import BackendError, BundleError, SSPNetError
from sspnet_sdk.finding.peaks import Answer
from sspnet_sdk.finding.person_boxes import BoxMaps
from sspnet_sdk.frame_rate.agenda import Network
from sspnet_sdk.frame_rate.latency import StageTime
from sspnet_sdk.frame_rate.rate import OperatingPoint
from sspnet_sdk.frame_rate.turns import Turn
from sspnet_sdk.geometry.crop import Crop, cut_out, view_of, whole_in
from sspnet_sdk.images.image import Image
from sspnet_sdk.inference.ahead import Ahead
from sspnet_sdk.inference.stages import ChainAnswer, StageChain
from sspnet_sdk.inference.together import Together
from sspnet_sdk.pose import BODY_JOINTS

_CPU_BATCH_PIXELS = 8 * 192 * 192  # 8 crops of 192 px together take 0.85 of their time alone: benchmarks/batch.py
_FIXED_BATCH_PIXELS = 4 * 192 * 192  # of graphs compiled for so many crops, by the same; twice that in half precision


@dataclass(frozen=True, eq=False)
class Answers:
    """What the network says of N crops.

    Attributes:
        poses: (N, J, 4) float32 u, v, z, confidence.
        cuts: the pyramid that each comes from.
        network_ms: time in the network for all of them.
        root_features: (N, width) float32, what tells how far away people are, where the bundle has a root depth.
    """

    poses: NDArray[np.float32]
    cuts: tuple[int, ...]
    network_ms: float
    root_features: NDArray[np.float32] | None


class Engine:
    """Crops of an image in, raw answers out. Two threads may not use it at once.

    Args:
        bundle: whose networks to run.
        backend: the engine's name (see `backends`).
        precision: of the finder.
        threads: of the engine.
    """

    def __init__(self, bundle: Bundle, backend: str, precision: str, threads: int) -> None:
        self.bundle, self.precision, self.threads = bundle, precision, threads
        self._backend = load(backend)
        self._chains: dict[Network, StageChain] = {}
        self._together = Together(lambda key: StageChain(bundle, self._backend, key[0], key[1], threads, batch=key[2]))
        self._deepest_cut = 0
        self._warm: set[Network] = set()
        self._finders: dict[int, CheckedSession] = {}
        self._boxes: tuple[Path, tuple[int, int] | None, CheckedSession] | None = None
        self._root_depth: CheckedSession | None = None
        self._lift: CheckedSession | None = None
        self._opening_lift: Ahead[CheckedSession] | None = None
        self._lift_time = StageTime()
        self._buffers: dict[tuple[int, int], NDArray[np.uint8]] = {}
        self._poses: dict[int, NDArray[np.float32]] = {}

    def chain(self, precision: str, size: int) -> StageChain:
        """The chain at `size` px."""
        if not self.has((precision, size)):
            self._chains.setdefault((precision, size), self.another_chain(precision, size))
        return self._chains[precision, size]

    def another_chain(self, precision: str, size: int) -> StageChain:
        """A chain that is not this engine's yet."""
        return StageChain(self.bundle, self._backend, precision, size, self.threads)

    def has(self, network: Network) -> bool:
        """Whether it has the chain of a network, of which some stages may not be opened yet."""
        return network in self._chains

    def adopt(self, chain: StageChain, warmed_up: bool = True) -> None:
        """Take a chain of one's own. May be called beside another thread that uses the engine."""
        network = chain.precision, chain.size
        if self._chains.setdefault(network, chain) is not chain:
            chain.close()
        if warmed_up:
            self._warm.add(network)

    def open_ahead(self, precision: str, size: int, cut: int) -> None:
        """Begin to open what a pose needs, all at once: an engine compiles each graph on one core. `poses` waits for each."""
        self._deepest_cut = max(self._deepest_cut, cut)
        self.chain(precision, size).open_ahead(cut)
        if self.bundle.lift is not None and self._lift is None and self._opening_lift is None:
            self._opening_lift = Ahead(self._open_lift)

    def open(self, networks: Mapping[Network, int], turn: Turn) -> None:
        """Open what a frame in one of these networks needs, up to the cut of each, and run it once within a `turn`.

        Without `warm_up`, no time is known.
        """
        for (precision, size), cut in networks.items():
            self.open_ahead(precision, size, cut)
            self.chain(precision, size).open(cut)
            self.chain(precision, size).run_grey(cut, turn)

    @property
    def lift_ms(self) -> float:
        """What `joints3d` will hardly exceed for one person. 0 before it has run, and where the bundle has no graph for it."""
        return self._lift_time.p95_ms

    def warm_up(self, networks: Mapping[Network, int]) -> None:
        """Open and time what a frame in one of these networks needs, up to the cut of each, once."""
        cold = networks.keys() - self._warm
        if not cold:
            return
        self._warm |= cold
        for precision, size in sorted(cold):
            self.open_ahead(precision, size, networks[precision, size])
            self.chain(precision, size).warm_up(networks[precision, size])
        # Somebody with bones: of joints that all lie in one place there is no size, and a graph's answer need not be finite.
        somebody = np.full((1, len(self.bundle.joint_names), 4), 0.5, np.float32)
        somebody[..., :2] += np.linspace(-0.3, 0.3, len(self.bundle.joint_names), dtype=np.float32)[:, None]
        self.joints3d(somebody)
        self._lift_time = StageTime()  # a session's first run is not like the others
        for _ in range(3):
            self.joints3d(somebody)

    def poses(self, image: Image, crops: Sequence[Crop], point: OperatingPoint, deadline: float | None = None) -> Answers:
        """What the network says of some crops of an image.

        Args:
            image: to cut the crops from.
            crops: the squares.
            point: the operating point.
            deadline: `time.perf_counter()`. If it comes first, the answer is of a shallower cut. Crops share the time that is
                left.
        """
        return self.poses_in([(image, crop) for crop in crops], point, deadline)

    def poses_in(
        self,
        views: Sequence[tuple[Image, Crop]],
        point: OperatingPoint,
        deadline: float | None = None,
        previous: NDArray[np.float32] | None = None,
    ) -> Answers:
        """As `poses`, of crops of several images. `previous` (N, J, 4): the same people in the frame before, on these crops."""
        answers: list[ChainAnswer] = []
        cuts: list[int] = []
        while len(cuts) < len(views):
            start = len(cuts)
            chain, count = self._next_run(point, len(views) - start)
            part = views[start : start + count]
            buffer = self._buffer(point.input_size, len(part))
            for row, (image, crop) in enumerate(part):
                cut_out(image, crop, buffer[row], self.bundle.border)
            until = None if deadline is None else _share(deadline, len(part) / (len(views) - start))
            before = None if previous is None else previous[start : start + len(part)]
            answers.append(chain.run(buffer, point.cut, until, before))
            cuts += [answers[-1].cut] * len(part)
        features = [answer.root_features for answer in answers if answer.root_features is not None]
        return Answers(
            poses=_joined([answer.poses for answer in answers]),
            cuts=tuple(cuts),
            network_ms=sum(sum(answer.stage_ms) for answer in answers),
            root_features=_joined(features) if features else None,
        )

    def _next_run(self, point: OperatingPoint, left: int) -> tuple[StageChain, int]:
        """What runs next of the crops that are left, and how many of them."""
        precision, size = point.precision, point.input_size
        if left == 1:
            return self.chain(precision, size), 1
        most = _FIXED_BATCH_PIXELS * (2 if precision in ENGINE_PRECISIONS else 1) // size**2
        fitting = [count for count in self._backend.fixed_batches if count <= min(left, most)]
        if fitting:
            self._together.ask((precision, size, fitting[-1]), max(point.cut, self._deepest_cut))
        for count in reversed(fitting):
            chain = self._together.chain((precision, size, count), point.cut)
            if chain is not None:
                return chain, count
        return self.chain(precision, size), min(left, self._batch(size))

    def _batch(self, size: int) -> int:
        """How many crops run together. On a CPU, only while their pixels are few enough to gain from it."""
        largest = self._backend.largest_batch
        return max(1, min(largest, _CPU_BATCH_PIXELS // size**2)) if self._backend.device == "cpu" else largest

    def root_depths(self, answers: Answers, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """mm (N,) from the camera to the pelvis of the people in `answers`.

        `boxes` (N, 6) come from `Intrinsics.box_features`.
        """
        path = self.bundle.root_depth
        assert path is not None
        if answers.root_features is None:
            raise BundleError(f"no stage of the bundle {self.bundle.folder} gives the root_features that {path.name} reads")
        self._root_depth = self._root_depth or self._open(path, "fp32", "root_z")
        batch, found = self._backend.largest_batch, []
        for start in range(0, len(boxes), batch):
            part = slice(start, start + batch)
            inputs = {"root_features": answers.root_features[part], "box": np.ascontiguousarray(boxes[part])}
            found.append(self._root_depth.run(inputs)["root_z"])
        depths = _joined(found)
        if depths.shape != (len(boxes),) or not (depths > 0).all():
            raise BackendError(f"the graph {path.name} gave no distances: {depths}")
        return depths

    def joints3d(self, poses: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Joints in millimetres, where the bundle has a graph for it.

        (N, J, 4) answers of `poses` -> (N, J, 3) from the pelvis.
        """
        path = self.bundle.lift
        if path is None:
            return None
        if self._lift is None:
            begun, self._opening_lift = self._opening_lift, None
            self._lift = self._open_lift() if begun is None else begun.result()
        batch, found, begin = self._backend.largest_batch, [], time.perf_counter()
        for start in range(0, len(poses), batch):
            found.append(self._lift.run({"pose": self._held(poses[start : start + batch])})["joints3d"])
        self._lift_time.update((time.perf_counter() - begin) * 1000 / len(poses))
        joints = _joined(found)
        if joints.shape != (*poses.shape[:2], 3):
            raise BundleError(f"the graph {path.name} gave joints of shape {joints.shape} for {len(poses)} people")
        return joints

    def find(self, image: Image, crop: Crop, size: int) -> Answer:
        """The finder's answer on a crop: centre (h, w), joints (J, 2, h, w), heat (J, h, w). J is 17 or more."""
        path = self.bundle.finders[self.precision, size]
        if size not in self._finders:
            self._finders[size] = self._open(path, self.precision, "centre", "joints", "heat")
        buffer = self._buffer(size, 1)
        cut_out(image, crop, buffer[0], self.bundle.border)
        answer: dict[str, Any] = self._finders[size].run({"image": buffer})
        centre, joints, heat = answer["centre"], answer["joints"], answer["heat"]
        cells = centre.shape[1:]
        count = max(joints.shape[1] if joints.ndim == 5 else 0, BODY_JOINTS)
        if centre.ndim != 3 or joints.shape != (1, count, 2, *cells) or heat.shape != (1, count, *cells):
            raise BundleError(f"the graph {path.name} lacks centre (N, h, w), joints (N, J, 2, h, w) or heat (N, J, h, w)")
        return centre[0], joints[0], heat[0]

    def find_boxes(self, image: Image, size: int, numbers: CentresAndBoxes) -> BoxMaps:
        """The answer of a finder that gives boxes, in the whole image."""
        width, height = view_of(image, round(numbers.picture_scale * size), numbers.stride)
        crop, view = whole_in(image, width, height), np.empty((1, height, width, 3), np.uint8)
        cut_out(image, crop, view[0], self.bundle.border)
        path = self.bundle.finders[self.precision, size]
        answer = self._box_finder(path, width, height).run({"image": view})
        centre, box = answer["centre"], answer["box"]
        rows, columns = height // numbers.cell, width // numbers.cell
        if centre.shape != (1, rows, columns) or box.shape != (1, 4, rows, columns):
            raise BundleError(f"the graph {path.name} lacks centre (N, h, w) or box (N, 4, h, w)")
        return BoxMaps(crop, width, centre[0], box[0])

    def _box_finder(self, path: Path, width: int, height: int) -> CheckedSession:
        """Opened once. If the engine wants to know the shape, it is opened for one shape after the other."""
        shape = (width, height) if self._backend.fixed_shapes else None
        if self._boxes is None or self._boxes[:2] != (path, shape):
            if self._boxes is not None:
                self._boxes[2].close()
            dimensions = None if shape is None else {"width": width, "height": height}
            session = self._backend.open(path, self.threads, self.precision, dimensions)
            self._boxes = path, shape, CheckedSession(session, path, ("centre", "box"))
        return self._boxes[2]

    def wait(self) -> None:
        """Until nothing is being opened for groups of crops."""
        self._together.wait()

    def close(self) -> None:
        """Free all networks. The next call opens them anew."""
        for chain in self._chains.values():
            chain.close()
        if self._opening_lift is not None:
            with contextlib.suppress(SSPNetError):
                self._lift = self._opening_lift.result()
        for session in (*self._finders.values(), self._boxes and self._boxes[2], self._root_depth, self._lift):
            if session is not None:
                session.close()
        self._together.close()
        self._chains, self._finders, self._warm = {}, {}, set()
        self._boxes = self._root_depth = self._lift = self._opening_lift = None

    def _open_lift(self) -> CheckedSession:
        assert self.bundle.lift is not None
        return self._open(self.bundle.lift, "fp32", "joints3d", threads=1)  # waking others costs more than it takes

    def _open(self, path: Path, precision: str, *outputs: str, threads: int | None = None) -> CheckedSession:
        return CheckedSession(self._backend.open(path, threads or self.threads, precision), path, outputs)

    def _buffer(self, size: int, people: int) -> NDArray[np.uint8]:
        """One array for each size and number of crops: engines keep it bound as their input."""
        if (size, people) not in self._buffers:
            self._buffers[size, people] = np.empty((people, size, size, 3), np.uint8)
        return self._buffers[size, people]

    def _held(self, poses: NDArray[np.float32]) -> NDArray[np.float32]:
        """The same answers in one array for each number of people, for the same reason."""
        if len(poses) not in self._poses:
            self._poses[len(poses)] = np.empty_like(poses, order="C")
        np.copyto(self._poses[len(poses)], poses)
        return self._poses[len(poses)]


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _share(deadline: float, share: float) -> float:
    now = time.perf_counter()
    return now + (deadline - now) * share
