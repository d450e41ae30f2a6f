"""`Estimator`: an image in, a `Pose` out, at the frame rate that was asked for."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.backends import split
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.errors import OptionError
from sspnet_sdk.finding.last_seen import LastSeen
from sspnet_sdk.finding.search import Search
from sspnet_sdk.frame_rate.plan import Plan
from sspnet_sdk.geometry.camera import Intrinsics, check_camera
from sspnet_sdk.geometry.crop import Crop, check_box, whole_image
from sspnet_sdk.given import given_list
from sspnet_sdk.images.image import Image, check_color, is_one_picture, open_image
from sspnet_sdk.inference.decode import Target, poses_of
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.pool import EnginePool
from sspnet_sdk.options import Goal, Options, check_people
from sspnet_sdk.people.previous import could_be_given, on_crops
from sspnet_sdk.people.same_person import distinct
from sspnet_sdk.pose import Pose
from sspnet_sdk.poses.stature import check_height

if TYPE_CHECKING:
    from sspnet_sdk.frame import Frame

logger = logging.getLogger("sspnet_sdk")

_AFTERWARDS_MS = 0.3  # from the joints in millimetres to the Pose


class Estimator:
    """3D human pose from one RGB image.

    Make it once and use it for every frame, from as many threads as you like. As many calls run at the same time as there are
    `workers`; the others wait. `close` it, or use it in `with`, to free its networks at once. A pickled estimator is opened anew
    in the other process. A forked process must make its own: one from before the fork raises `BackendError`. With ONNX Runtime it
    must end by os._exit, as multiprocessing's children do.

    Args:
        bundle: folder of a bundle made by `sspnet-sdk export`; None for the default one in the package.
        target_fps: frames per second to hold. The estimator takes the most accurate operating point (cut and input size) whose
            latency fits, and chooses anew as the load changes. It never sleeps: a faster frame is returned earlier. A new
            device is measured in the background, from the second frame on. The result is kept in the user's cache folder.
        deadline_ms: instead of a rate, the time that each frame may take. Stages that would not end in time are not begun.
        percentile: share of frames, in per cent, that the deadline is planned for.
        cut: run this many pyramids (one of the bundle's cuts) instead of the deepest or what the rate allows.
        input_size: side of the crop in pixels (one of the bundle's sizes) instead of the largest or what the rate allows.
        precision: one of the bundle's, or "bf16" or "fp16" where engine and device compute fp32 graphs in it (OpenVINO on CPUs
            with AVX-512 or AMX, on Intel GPUs). "auto": fp32; with a rate or deadline every one of the bundle's, and those of the
            engine whose accuracy the bundle states, as measured.
        backend: "auto" (measured, the fastest that is installed), "onnxruntime" or "openvino".
        device: "auto" (the CPU, or CUDA where it is there and measured faster), "cpu", "gpu", "npu", or by name "cuda",
            "tensorrt" (compiles for minutes at first), "directml" or "coreml".
        threads: for the network of each worker; None for the cores that this process may use, shared among the workers, or for
            one where that is measured to be faster.
        color: channel order of the arrays that will be passed, "bgr" as OpenCV reads them or "rgb".
        workers: calls that may run at the same time, each with networks of its own in memory. Services whose requests come from
            several threads need more than one.

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
        workers: int = 1,
    ) -> None:
        self._color = check_color(color)
        self._bundle = open_bundle(bundle)
        self._options = Options(
            target_fps, deadline_ms, percentile, cut, input_size, precision, backend, device, threads, workers
        )
        self._plan = plan = Plan(self._bundle, self._options)
        for engine in plan.engines:
            engine.warm_up(plan.networks)
        self._pool = EnginePool(plan.engines)
        self._last_seen = LastSeen(self._bundle.poses)
        self._warned_of_deadline = False

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (type(self), str(self._bundle.folder.absolute()), vars(self._options), self._color)

    def __enter__(self) -> Estimator:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the networks, each when its call has ended. Later calls raise a `BackendError`."""
        self._plan.close()
        self._pool.close()

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
    def color(self) -> str:
        """Channel order of the arrays that are passed, "bgr" or "rgb"."""
        return self._color

    @property
    def is_being_measured(self) -> bool:
        """Whether this device is being measured, or networks are being opened, in the background: engine and times may change."""
        return self._plan.is_being_measured

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
            img: (H, W, 3) uint8 in the estimator's `color` order; (H, W), (H, W, 1) and (H, W, 4) too; an image file
                as path, bytes or open file; or a PIL image.
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
        image = open_image(img, self._color)
        with self._engine() as engine:
            intrinsics, goal = self._intrinsics(camera, image), self._goal(deadline_ms, engine)
            target = self._target(engine, image, box, intrinsics, goal)
            (pose,) = self._poses(engine, [target], goal, begin, located=box is None)
            if box is None and goal.deadline_ms is not None:
                self._last_seen.keep(image, pose)
            return pose if height_mm is None else pose.with_height(height_mm)

    def predict_batch(self, images: Iterable[Any], boxes: Iterable[Any] | None = None, *, camera: Any = None) -> list[Pose]:
        """The pose of one person in each of several images, in order.

        Crops run through the network together where that is faster: small crops on a CPU, all on a GPU. A frame rate or a
        deadline counts for each image, so several may take as many times as long.

        Args:
            images: each as for `predict`.
            boxes: one for each image, None among them where the person is to be found; None finds all of them.
            camera: intrinsics of all images, as for `predict`.

        Raises:
            SSPNetError: as `predict`.
        """
        begin = time.perf_counter()
        pictures = given_list(images, "images must be a list of images")
        if is_one_picture(images):
            raise OptionError(f"images must be a list of images, not one of shape {images.shape}: predict takes that")
        places = [None] * len(pictures) if boxes is None else given_list(boxes)
        if len(places) != len(pictures):
            raise OptionError(f"boxes must be one for each image, or None: there are {len(places)} for {len(pictures)} images")
        opened = [open_image(img, self._color) for img in pictures]
        with self._engine() as engine:
            goal, targets = self._goal(None, engine), []
            for image, box in zip(opened, places, strict=True):
                targets.append(self._target(engine, image, box, self._intrinsics(camera, image), goal))
            located = any(box is None for box in places)
            return self._poses(engine, targets, goal, begin, located, frames=max(len(targets), 1))

    def predict_many(
        self, img: Any, boxes: Iterable[Any], *, camera: Any = None, previous: Iterable[Pose | None] | None = None
    ) -> list[Pose]:
        """The poses of several people in one image, one for each box, in order. Their crops share the frame's budget.

        Args:
            img: as for `predict`.
            boxes: (N, 4) x, y, w, h in pixels; may be empty.
            camera: as for `predict`.
            previous: in a video, the poses that this method gave the same people in the frame before, one for each box, None for
                whoever was not there: answers are steadier then, and sides swap less. `stream` and `Tracker` do that by
                themselves.

        Raises:
            SSPNetError: as `predict`.
        """
        begin = time.perf_counter()
        given = given_list(boxes)  # outside: a generator may ask this estimator itself
        before = self._before(previous, len(given))
        image = open_image(img, self._color)
        with self._engine() as engine:
            intrinsics = self._intrinsics(camera, image)
            places = [check_box(box, image) for box in given]
            people = [Target(image, box, True, intrinsics, pose) for box, pose in zip(places, before, strict=True)]
            return self._poses(engine, people, self._goal(None, engine), begin)

    def predict_all(self, img: Any, max_people: int | None = None, *, camera: Any = None) -> list[Pose]:
        """The poses of everybody in one image, the most prominent (certain, large, in the middle) first.

        People are found as by `find`, within the frame's budget if there is one. Somebody whose pose is not confident is nobody.

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
        image = open_image(img, self._color)
        with self._engine() as engine:
            intrinsics = self._intrinsics(camera, image)
            goal = self._goal(None, engine)
            found = Search(image, engine, self._plan.first_look).people(self._plan.search(goal, everybody=True))
            waiting = [Target(image, person.box, True, intrinsics) for person in found if person.sure]
            people: list[Pose] = []
            while waiting and len(people) < most:
                free = most - len(people)
                poses = self._poses(engine, waiting[:free], goal, begin, located=True)
                people += [pose for pose in poses if not pose.unsure]
                people, waiting = distinct(people), waiting[free:]
            return people

    def find(self, img: Any) -> list[NDArray[np.float32]]:
        """Boxes (x, y, w, h) in pixels of the people in an image, the most prominent (certain, large, in the middle) first.

        The list is empty where nobody is certain. A bundle without a finder gives one person at most.

        Raises:
            ImageError: the image cannot be used.
            BackendError: the engine failed.
        """
        image = open_image(img, self._color)
        with self._engine() as engine:
            plan = self._plan.search(self._plan.goal(), everybody=True, patient=True)
            return [person.box for person in Search(image, engine, self._plan.first_look).people(plan) if person.sure]

    def stream(
        self,
        source: Any,
        *,
        fps: float | None = None,
        people: int | None = None,
        smooth: float = 0.5,
        boxes: Iterable[Any] = (),
        camera: Any = None,
        live: bool | None = None,
    ) -> Generator[Frame, None, None]:
        """Follow people through a video, a camera, or your own frames: `sspnet_sdk.stream` with this estimator.

        Args:
            source: path of a video, number of a camera, address, open `Capture`, or any iterable of images as `predict` takes
                them (a list, a generator around Picamera2, RealSense or GStreamer), each alone or as a pair (image, seconds).
            fps: frames per second of an iterable whose images come alone; None: a list has 30, others are timed as they come.
            people: how many to follow at most; None for everybody.
            smooth: smoothing of the poses, 0 (off) to 1. Left and right are put right at any.
            boxes: x, y, w, h of people in the first frame, in pixels; they count among `people`.
            camera: intrinsics of the frames, as for `predict`.
            live: drop stale frames (True) or keep all (False); None: by the source, and all of an iterable.

        Raises:
            ImageError: the source does not open or gives no frames, or an image cannot be used.
            OptionError: an option makes no sense.
        """
        from sspnet_sdk.video import stream

        return stream(source, self, fps=fps, people=people, smooth=smooth, boxes=boxes, camera=camera, live=live)

    @contextmanager
    def _engine(self) -> Iterator[Engine]:
        """An engine of one's own for a call, with what was found out about this device since the last one.

        Whatever the caller gave is read before: a slow upload would keep everybody waiting.
        """
        self._plan.take_up(self._pool)
        engine = self._pool.take()
        try:
            with self._plan.turn():
                yield engine
        finally:
            self._pool.give_back(engine)
        self._plan.frame_done()

    def _goal(self, deadline_ms: Any, engine: Engine) -> Goal:
        goal = self._plan.goal(deadline_ms)
        engine.warm_up(self._plan.networks)
        if goal.budget_ms is None:
            point = self._plan.choose(goal)
            engine.open_ahead(point.precision, point.input_size, point.cut)
        return goal

    def _target(self, engine: Engine, image: Image, box: Any, camera: Intrinsics | None, goal: Goal) -> Target:
        """Whose pose is asked for: who is in the box, else who is found, else the whole image as the best guess."""
        if box is not None:
            return Target(image, check_box(box, image), True, camera)
        in_time = self._plan.leaves_time_to_search(goal)
        if not in_time and (last := self._last_seen.box(image)) is not None:
            return Target(image, last, True, camera)
        if not in_time and not self._warned_of_deadline:
            self._warned_of_deadline = True
            logger.warning("%s leaves no time to find people, who are unsure then: give box=, or more time", goal.label)
        found = Search(image, engine, self._plan.first_look).people(self._plan.search(goal))
        return Target(image, found[0].box, found[0].sure, camera) if found else Target(image, whole_image(image), False, camera)

    def _poses(
        self, engine: Engine, people: Sequence[Target], goal: Goal, begin: float, located: bool = False, frames: int = 1
    ) -> list[Pose]:
        """The poses of some people in one or several frames, at the operating point that the goal leaves time for."""
        if not people:
            return []
        in_frame = len(people) // frames
        point = self._plan.choose(goal, in_frame, located)
        crops = [Crop.around(person.box, self._bundle.box_scale) for person in people]
        views = [(person.image, crop) for person, crop in zip(people, crops, strict=True)]
        deadline = None
        late_ms = self._plan.late_ms(goal)
        if late_ms is not None:
            deadline = begin + (frames * late_ms - _AFTERWARDS_MS - len(people) * engine.lift_ms) / 1000
        before = None
        if any(person.previous is not None for person in people):
            joints, depth_range = len(self._bundle.joint_names), self._bundle.depth_range_mm
            before = on_crops([person.previous for person in people], crops, joints, depth_range)
        answers = engine.poses_in(views, point, deadline, before)
        poses = poses_of(answers, people, crops, engine, point.input_size, begin)
        network_ms, total_ms = answers.network_ms / frames, poses[-1].latency_ms / frames
        if goal.budget_ms is not None:
            self._plan.observe(point, answers.cuts[-1], network_ms, total_ms, in_frame, located)
        return poses

    def _before(self, previous: Any, people: int) -> list[Pose | None]:
        poses = [None] * people if previous is None else given_list(previous, "previous must be a list of poses")
        joints = len(self._bundle.joint_names)
        if len(poses) != people:
            raise OptionError(f"previous must be one pose or None for each box: there are {len(poses)} for {people} boxes")
        for pose in poses:
            if pose is not None and not could_be_given(pose, joints):
                like = "finite and with confidences in 0..1, as this estimator gives them"
                raise OptionError(f"previous must hold poses of {joints} joints, {like}, or None")
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


def check_estimator(estimator: Any) -> Estimator:
    """`estimator` if it is one, else an `OptionError`."""
    if not isinstance(estimator, Estimator):
        raise OptionError(f"expected an estimator, such as Estimator(), not {estimator!r:.80}")
    return estimator


def _reopened(kind: type[Estimator], bundle: str, options: dict[str, Any], color: str) -> Estimator:
    return kind(bundle, **options, color=color)
