"""`Estimator`: an image in, a `Pose` out, at the frame rate that was asked for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.backends import split
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.camera import Intrinsics, check_camera
from sspnet_sdk.crop import Crop, check_box, whole_image
from sspnet_sdk.decode import Target, poses_of
from sspnet_sdk.engine import Engine
from sspnet_sdk.errors import BackendError, OptionError
from sspnet_sdk.image import Image, check_color, open_image
from sspnet_sdk.locate import Found
from sspnet_sdk.options import Goal, Options, check_people
from sspnet_sdk.plan import Plan
from sspnet_sdk.pose import Pose
from sspnet_sdk.same_person import distinct
from sspnet_sdk.search import Search
from sspnet_sdk.stature import check_height

_AFTERWARDS_MS = 0.3  # from the joints in millimetres to the Pose


class Estimator:
    """3D human pose from one RGB image.

    One estimator may be used from several threads (calls wait for each other). A forked process must make its own (one from
    before the fork raises `BackendError`) and, with ONNX Runtime, end by os._exit, as multiprocessing's children do.

    Args:
        bundle: folder of a bundle made by `sspnet-sdk export`; None for the default one in the package.
        target_fps: frames per second to hold: the most accurate operating point (cut and input size) whose latency fits is
            chosen, and chosen anew as the load changes. Nothing sleeps: a faster frame is simply earlier. The first use of a
            bundle on a device measures it, a few seconds; the result is kept in the user's cache folder.
        deadline_ms: instead of a rate, the time that each frame may take; stages that would not end in time are not begun.
        percentile: share of frames, in per cent, that the deadline is planned for.
        cut: run this many pyramids (one of the bundle's cuts) instead of the deepest or what the rate allows.
        input_size: side of the crop in pixels (one of the bundle's sizes), likewise.
        precision: one of the bundle's; "auto": fp32, and with a rate or deadline every one that the bundle has, as measured.
        backend: "auto" (measured, the fastest that is installed), "onnxruntime" or "openvino".
        device: "auto" (the CPU, or CUDA where it is there and measured faster), "cpu", "gpu", "npu", or by name "cuda",
            "tensorrt" (compiles for minutes at first), "directml" or "coreml".
        threads: for the network; None for the cores that this process may use, or for one where that is measured to be faster.
        color: channel order of the arrays that will be passed, "bgr" as OpenCV reads them or "rgb".

    Raises:
        OptionError: an option means nothing for this bundle.
        BundleError: the bundle is missing or damaged.
        BackendError: the engine is missing or failed.
    """

    def __init__(
        self,
        bundle: str | os.PathLike[str] | Bundle | None = None,
        *,
        target_fps: float | None = None,
        deadline_ms: float | None = None,
        percentile: float = 95,
        cut: int | None = None,
        input_size: int | None = None,
        precision: str = "auto",
        backend: str = "auto",
        device: str = "auto",
        threads: int | None = None,
        color: str = "bgr",
    ) -> None:
        self._color = check_color(color)
        self._bundle = open_bundle(bundle)
        options = Options(target_fps, deadline_ms, percentile, cut, input_size, precision, backend, device, threads)
        self._plan = Plan(self._bundle, options)
        self._engine = Engine(self._bundle, self._plan.backend, self._plan.precision, self._plan.threads)
        self._engine.warm_up(self._plan.chains, self._plan.deepest_cut)
        self._lock = threading.Lock()
        self._process = os.getpid()

    @property
    def bundle(self) -> Bundle:
        """The opened bundle."""
        return self._bundle

    @property
    def backend(self) -> str:
        """The inference engine in use."""
        return split(self._plan.backend)[0]

    @property
    def device(self) -> str:
        """What it runs on: "cpu", "cuda", "tensorrt", "directml", "coreml", "gpu" or "npu"."""
        return split(self._plan.backend)[1]

    @property
    def out_of_reach(self) -> bool:
        """Whether the target is out of reach now: even the fastest operating point misses it. False without a target."""
        return self._plan.out_of_reach

    def predict(
        self,
        img: Any,
        box: Any = None,
        *,
        camera: Any = None,
        deadline_ms: float | None = None,
        height_mm: float | None = None,
    ) -> Pose:
        """The pose of one person.

        Args:
            img: (H, W, 3) uint8 in the estimator's `color` order; (H, W), (H, W, 1) and (H, W, 4) too; or an image file's path.
            box: the person's x, y, w, h in pixels of the image; None to find the person (`Pose.unsure`: none is certain).
            camera: intrinsics of the camera, 3x3 or (fx, fy, cx, cy), in pixels of the image as `Pose.keypoints` has them (its
                first pixel's centre is 0.5, 0.5: add 0.5 to cx and cy of OpenCV's calibration), lens distortion removed: the
                pose gets `joints3d_camera`, millimetres from the camera. Needs a bundle with a root depth.
            deadline_ms: answer within so many milliseconds from now, with the deepest cut that is expected to fit. The first
                such call of an estimator without a deadline opens and measures what it needs, and takes longer.
            height_mm: how tall the person is, in millimetres; millimetres are then theirs instead of an average adult's, distance
                from the camera too (see `Pose.with_height`).

        Raises:
            ImageError: the image cannot be used.
            OptionError: the box, the camera, the height or the deadline makes no sense, or the bundle cannot tell distances.
            BackendError: the engine failed.
        """
        begin = time.perf_counter()
        if height_mm is not None:
            check_height(height_mm)
        with self._ready_engine() as engine:
            image = open_image(img, self._color)
            intrinsics = self._intrinsics(camera, image)
            goal = self._goal(deadline_ms, engine)
            if box is not None:
                person = Found(check_box(box, image), 1.0, True)
            else:
                found = Search(image, engine, self._plan.first_look).people(self._plan.search(goal))
                person = found[0] if found else Found(whole_image(image), 0.0, False)
            target = Target(person.box, person.sure, intrinsics)
            (pose,) = self._poses(engine, image, [target], goal, begin, located=box is None)
            return pose if height_mm is None else pose.with_height(height_mm)

    def predict_many(self, img: Any, boxes: Iterable[Any], *, camera: Any = None) -> list[Pose]:
        """The poses of several people in one image, one for each box, in order; their crops share the frame's budget.

        Args:
            img: as for `predict`.
            boxes: (N, 4) x, y, w, h in pixels; may be empty.
            camera: as for `predict`.

        Raises:
            SSPNetError: as `predict`.
        """
        begin = time.perf_counter()
        with self._ready_engine() as engine:
            image = open_image(img, self._color)
            intrinsics = self._intrinsics(camera, image)
            people = [Target(check_box(box, image), True, intrinsics) for box in _several(boxes)]
            return self._poses(engine, image, people, self._goal(None, engine), begin)

    def predict_all(self, img: Any, max_people: int | None = None, *, camera: Any = None) -> list[Pose]:
        """The poses of everybody in one image, the most prominent (certain, large, in the middle) first.

        People are found as by `find`, within the frame's budget where there is one; whoever's pose is not confident is nobody.

        Args:
            img: as for `predict`.
            max_people: so many at most; None for everybody.
            camera: as for `predict`.

        Returns:
            One pose for each person; empty where nobody is found with certainty.

        Raises:
            SSPNetError: as `predict`.
        """
        begin = time.perf_counter()
        most = check_people(max_people, "max_people")
        with self._ready_engine() as engine:
            image = open_image(img, self._color)
            intrinsics = self._intrinsics(camera, image)
            goal = self._goal(None, engine)
            found = Search(image, engine, self._plan.first_look).people(self._plan.search(goal, everybody=True))
            waiting = [Target(person.box, True, intrinsics) for person in found if person.sure]
            people: list[Pose] = []
            while waiting and len(people) < most:
                free = most - len(people)
                poses = self._poses(engine, image, waiting[:free], goal, begin, located=True)
                people += [pose for pose in poses if not pose.unsure]
                people, waiting = distinct(people), waiting[free:]
            return people

    def find(self, img: Any) -> list[NDArray[np.float32]]:
        """Boxes (x, y, w, h) in pixels of the people in an image, the most prominent (certain, large, in the middle) first; empty
        where none is certain.

        A bundle without a finder gives one person at most.

        Raises:
            ImageError: the image cannot be used.
            BackendError: the engine failed.
        """
        with self._ready_engine() as engine:
            image = open_image(img, self._color)
            plan = self._plan.search(self._plan.goal(), everybody=True, patient=True)
            return [person.box for person in Search(image, engine, self._plan.first_look).people(plan) if person.sure]

    @contextmanager
    def _ready_engine(self) -> Iterator[Engine]:
        if os.getpid() != self._process:
            raise BackendError(
                "this Estimator was made before the process forked, and its engine's threads do not exist here: make a new one"
            )
        with self._lock:
            yield self._engine

    def _goal(self, deadline_ms: Any, engine: Engine) -> Goal:
        goal = self._plan.goal(deadline_ms)
        engine.warm_up(self._plan.chains, self._plan.deepest_cut)
        return goal

    def _poses(
        self, engine: Engine, image: Image, people: list[Target], goal: Goal, begin: float, located: bool = False
    ) -> list[Pose]:
        """The poses of some people in an image, at the operating point that the goal leaves time for."""
        if not people:
            return []
        point = self._plan.choose(goal, len(people), located)
        crops = [Crop.around(person.box, self._bundle.box_scale) for person in people]
        deadline = None
        if goal.deadline_ms is not None:
            deadline = begin + (goal.deadline_ms - _AFTERWARDS_MS - len(people) * engine.lift_ms) / 1000
        answers = engine.poses(image, crops, point, deadline)
        poses = poses_of(answers, people, engine, point.input_size, begin)
        self._plan.observe(point, answers.cut, answers.network_ms, poses[-1].latency_ms, len(people), located)
        return poses

    def _intrinsics(self, camera: Any, image: Image) -> Intrinsics | None:
        if camera is None:
            return None
        if self._bundle.root_depth is None:
            raise OptionError(
                f"the bundle {self._bundle.folder} cannot tell how far away people are, which camera= asks for: "
                "export one with --root-depth"
            )
        return check_camera(camera, image)


def _several(boxes: Any) -> list[Any]:
    if isinstance(boxes, (str, bytes)):
        raise OptionError(f"boxes must be a list of (x, y, w, h), not {boxes!r}")
    try:
        return list(boxes)
    except TypeError:
        raise OptionError(f"boxes must be a list of (x, y, w, h), not {type(boxes).__name__}") from None
