"""`Estimator`: an image in, a `Pose` out, at the frame rate that was asked for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.backends import split
from sspnet_sdk.bundle import Bundle, open_bundle
from sspnet_sdk.camera import Intrinsics, check_camera
from sspnet_sdk.crop import Box, Crop, check_box, whole_image
from sspnet_sdk.errors import BackendError, OptionError
from sspnet_sdk.image import Image, check_color, open_image
from sspnet_sdk.lift import lift
from sspnet_sdk.locate import Found, LookAt, RunFinder, box_of_joints, box_of_seen_joints, find_people, iou
from sspnet_sdk.plan import Goal, Plan
from sspnet_sdk.pose import BODY_JOINTS, Pose

_SURE_CONFIDENCE = 0.3  # mean over the joints
_FINER_COST = 4  # of a finder with twice as many cells each way, against the one beside it
_CHOOSING_COST = 5  # of the poses that say who is a person
_AFTERWARDS_MS = 0.3  # from the joints in millimetres to the Pose

_Place = tuple[Intrinsics, float]  # a camera, and mm from it to a person's pelvis


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
        self._plan = Plan(self._bundle, target_fps, deadline_ms, percentile, cut, input_size, precision, backend, device, threads)
        self._engine = self._plan.engine
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

    def predict(self, img: Any, box: Any = None, *, camera: Any = None, deadline_ms: float | None = None) -> Pose:
        """The pose of one person.

        Args:
            img: (H, W, 3) uint8 in the estimator's `color` order; (H, W), (H, W, 1) and (H, W, 4) too; or an image file's path.
            box: the person's x, y, w, h in pixels of the image; None to find the person (`Pose.unsure`: none is certain).
            camera: intrinsics of the camera, 3x3 or (fx, fy, cx, cy), in pixels of the image as `Pose.keypoints` has them (its
                first pixel's centre is 0.5, 0.5: add 0.5 to cx and cy of OpenCV's calibration), lens distortion removed: the
                pose gets `joints3d_camera`, millimetres from the camera. Needs a bundle with a root depth.
            deadline_ms: answer within so many milliseconds from now, with the deepest cut that is expected to fit. The first
                such call of an estimator without a deadline opens and measures what it needs, and takes longer.

        Raises:
            ImageError: the image cannot be used.
            OptionError: the box, the camera or the deadline makes no sense, or the bundle cannot tell distances.
            BackendError: the engine failed.
        """
        begin = time.perf_counter()
        with self._exclusive():
            image = open_image(img, self._color)
            intrinsics = self._intrinsics(camera, image)
            goal = self._plan.goal(deadline_ms)
            found = self._locate(image, goal) if box is None else Found(check_box(box, image), 1.0, True)
            point = self._plan.choose(goal, located=box is None)
            deadline = self._deadline(goal, begin, people=1)
            crop = Crop.around(found.box, self._bundle.box_scale)
            answers, cut = self._engine.poses(image, [crop], point.precision, point.input_size, point.cut, deadline)
            place = self._places(intrinsics, [found.box])[0]
            joints = self._joints3d(answers, [crop], [found.box])[0]
            pose = self._pose(answers[0], joints, crop, found.box, cut, point.input_size, begin, not found.sure, place)
            self._plan.observe(point, cut, self._engine.network_ms, pose.latency_ms, located=box is None)
            return pose

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
        with self._exclusive():
            image = open_image(img, self._color)
            intrinsics = self._intrinsics(camera, image)
            people = [check_box(box, image) for box in _several(boxes)]
            if not people:
                return []
            goal = self._plan.goal(None)
            point = self._plan.choose(goal, people=len(people))
            deadline = self._deadline(goal, begin, len(people))
            crops = [Crop.around(person, self._bundle.box_scale) for person in people]
            answers, cut = self._engine.poses(image, crops, point.precision, point.input_size, point.cut, deadline)
            joints, places = self._joints3d(answers, crops, people), self._places(intrinsics, people)
            poses = [
                self._pose(answer, mm, crop, person, cut, point.input_size, begin, False, place)
                for answer, mm, crop, person, place in zip(answers, joints, crops, people, places, strict=True)
            ]
            self._plan.observe(point, cut, self._engine.network_ms, poses[-1].latency_ms, people=len(people))
            return poses

    def find(self, img: Any) -> list[NDArray[np.float32]]:
        """Boxes (x, y, w, h) in pixels of the people in an image, the most prominent (certain, large, in the middle) first; empty
        where none is certain.

        A bundle without a finder gives one person at most.

        Raises:
            ImageError: the image cannot be used.
            BackendError: the engine failed.
        """
        with self._exclusive():
            image = open_image(img, self._color)
            people = self._people(image, Goal(), looks=20, hurry=self._plan.goal(None).budget_ms is not None)
            return [person.box for person in people if person.sure]

    def _exclusive(self) -> threading.Lock:
        if os.getpid() != self._process:
            raise BackendError(
                "this Estimator was made before the process forked, and its engine's threads do not exist here: make a new one"
            )
        return self._lock

    def _deadline(self, goal: Goal, begin: float, people: int) -> float | None:
        """`time.perf_counter()` at which the network's answer must be there."""
        if goal.deadline_ms is None:
            return None
        return begin + (goal.deadline_ms - _AFTERWARDS_MS - people * self._engine.lift_ms) / 1000

    def _locate(self, image: Image, goal: Goal) -> Found:
        people = self._people(image, goal, looks=3)
        return people[0] if people else Found(whole_image(image), 0.0, False)

    def _people(self, image: Image, goal: Goal, looks: int, hurry: bool = False) -> list[Found]:
        """In no hurry, and if time allows, finer cells are searched where nobody is clear, and poses say who comes first."""
        if not self._bundle.has_finder:
            return self._person_by_poses(image)
        size, affordable = self._plan.finder(goal)
        looks = min(looks, affordable - 1)
        left = 0 if hurry else affordable - 1 - 2 * looks
        finer = self._finder(image, 2 * size) if self._engine.has_finder(2 * size) and left > _FINER_COST else None
        look_at = self._look_at(image) if left > _FINER_COST + _CHOOSING_COST else None
        return find_people(image, self._finder(image, size), looks, finer, look_at)

    def _look_at(self, image: Image) -> LookAt:
        def look_at(box: Box) -> tuple[float, Box]:
            crop = Crop.around(box, self._bundle.box_scale)
            answers, _cut = self._engine.poses(image, [crop], *self._plan.first_look)
            keypoints, confidence = _seen(answers[0], crop)
            around = box_of_seen_joints(keypoints, confidence, image.width, image.height, first_look=True)
            return float(confidence[:BODY_JOINTS].mean()), around if around[2:].min() >= 2 else box

        return look_at

    def _finder(self, image: Image, size: int) -> RunFinder:
        return lambda crop: self._engine.find(image, crop, size)

    def _person_by_poses(self, image: Image) -> list[Found]:
        """Without a finder: the pose in the whole image implies a box, the pose in that box a better one."""
        box, crop, score = whole_image(image), Crop.around(whole_image(image), 1.0), 0.0
        for _ in range(2):
            answers, _cut = self._engine.poses(image, [crop], *self._plan.first_look)
            score = float(answers[0, :BODY_JOINTS, 3].mean())
            if score < _SURE_CONFIDENCE:
                break
            implied = box_of_joints(crop.to_image(answers[0, :BODY_JOINTS, :2]))
            settled, box = iou(implied, box) > 0.7, implied
            if settled:
                break
            crop = Crop.around(box, self._bundle.box_scale)
        return [Found(box, score, score >= _SURE_CONFIDENCE)]

    def _intrinsics(self, camera: Any, image: Image) -> Intrinsics | None:
        if camera is None:
            return None
        if self._bundle.root_depth is None:
            raise OptionError(
                f"the bundle {self._bundle.folder} cannot tell how far away people are, which camera= asks for: "
                "export one with --root-depth"
            )
        return check_camera(camera, image)

    def _places(self, intrinsics: Intrinsics | None, boxes: list[Box]) -> list[_Place | None]:
        """The camera, and how far from it the people whom the network saw last are."""
        if intrinsics is None:
            return [None] * len(boxes)
        return [(intrinsics, float(z)) for z in self._engine.root_depths(intrinsics.box_features(boxes))]

    def _joints3d(self, answers: NDArray[np.float32], crops: list[Crop], boxes: list[Box]) -> list[NDArray[np.float32]]:
        """(J, 3) mm of each person: by the bundle's own graph, or from the lengths of the limb bones."""
        found = self._engine.joints3d(answers)
        if found is not None:
            return list(found)
        bones, depth_range = self._bundle.bones, self._bundle.depth_range_mm
        joints3d = []
        for answer, crop, box in zip(answers, crops, boxes, strict=True):
            keypoints, confidence = _seen(answer, crop)
            joints3d.append(lift(keypoints, answer[:, 2], confidence, bones, depth_range, float(max(box[2:]))))
        return joints3d

    def _pose(
        self, answer: NDArray[np.float32], joints3d: NDArray[np.float32], crop: Crop, box: Box, cut: int, size: int,
        begin: float, unsure: bool, place: _Place | None,
    ) -> Pose:  # fmt: skip
        keypoints, confidence = _seen(answer, crop)
        unsure = unsure or float(confidence[:BODY_JOINTS].mean()) < _SURE_CONFIDENCE
        in_camera, matrix = None, None
        if place is not None:
            in_camera, matrix = place[0].unproject(keypoints, joints3d[:, 2] + place[1]), place[0].matrix
        latency = (time.perf_counter() - begin) * 1000
        return Pose(keypoints, joints3d, confidence, box.copy(), cut, size, latency, unsure, in_camera, matrix)


def _seen(answer: NDArray[np.float32], crop: Crop) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The network's (J, 4) for one crop → keypoints (J, 2) in pixels of the image, confidence (J,) in [0, 1]."""
    return crop.to_image(answer[:, :2]), np.clip(answer[:, 3], 0, 1)


def _several(boxes: Any) -> list[Any]:
    if isinstance(boxes, (str, bytes)):
        raise OptionError(f"boxes must be a list of (x, y, w, h), not {boxes!r}")
    try:
        return list(boxes)
    except TypeError:
        raise OptionError(f"boxes must be a list of (x, y, w, h), not {type(boxes).__name__}") from None
