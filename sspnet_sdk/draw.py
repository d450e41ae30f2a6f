"""Draw people on a picture: skeleton, 3D inset, legend."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.drawing.inset import render_inset
from sspnet_sdk.drawing.inset_place import SMALLEST_SIDE, InsetPlace, choose_place
from sspnet_sdk.drawing.skeleton import JOINT_COLORS, SIDE_COLORS, bone_color, bones_of, width_of
from sspnet_sdk.frame import Frame, check_frame
from sspnet_sdk.images.image import open_image
from sspnet_sdk.pose import Pose, poses_in

Image = NDArray[np.uint8]

_SHIFT = 4  # OpenCV's fixed-point bits: lines end on sixteenths of a pixel, so that a moving skeleton glides


def draw(image: Any, poses: Pose | Iterable[Pose], *, inset: bool = True, legend: str | None = None) -> Image:
    """A picture, (H, W, 3) uint8 BGR, of `image` with every pose drawn on it. `image` itself stays as it is.

    Args:
        image: (H, W, 3) uint8 BGR, or anything else that `Estimator.predict` takes.
        poses: one `Pose` or several, in pixels of `image`.
        inset: show the 3D skeletons from an oblique angle, in the corner and size that hide least of the people.
        legend: one line of text for the lower left corner; None writes cut, size and latency of the first pose, "" nothing.

    Colours name the person's side (orange right, blue left, white centre); opacity and thickness follow the confidence.

    Raises:
        ImageError: the image cannot be used.
        OptionError: `poses` are none.
    """
    return Overlay(inset=inset).draw(image, poses, legend)


@dataclass
class Overlay:
    """Draws frame after frame and keeps the inset where it chose to put it first, so that a video does not flicker."""

    inset: bool = True
    _place: InsetPlace | None = field(default=None, init=False)

    def draw_frame(self, frame: Frame) -> Image:
        """The frame's picture with its people and with the measured frame rate in the legend.

        Raises:
            OptionError: it is no `Frame`.
        """
        check_frame(frame)
        poses = [person.pose for person in frame.people]
        return self.draw(frame.image, poses, describe(poses, frame.fps))

    def draw(self, image: Any, poses: Pose | Iterable[Pose], legend: str | None = None) -> Image:
        """See the function `draw`."""
        canvas = open_image(image).bgr().copy()
        poses = [pose for pose in poses_in(poses) if _finite(pose)]
        for pose in sorted(poses, key=lambda pose: float(pose.box[3])):
            draw_skeleton(canvas, pose)
        if self.inset and poses:
            self._draw_inset(canvas, poses)
        text = describe(poses, None) if legend is None else legend
        if text:
            draw_legend(canvas, text)
        return canvas

    def _draw_inset(self, canvas: Image, poses: Sequence[Pose]) -> None:
        self._place = self._place or choose_place(canvas.shape, poses)
        if self._place is None:
            return
        x, y, side = self._place.square(canvas.shape)
        if side >= SMALLEST_SIDE:  # later pictures may be smaller than the one that it was chosen for
            region = canvas[y : y + side, x : x + side]
            region[:] = render_inset(poses, region)


def describe(poses: Sequence[Pose], fps: float | None) -> str:
    """The legend's line, e.g. "cut 8 · 256 px · 5.2 ms · 30 FPS"."""
    parts = [f"{fps:.0f} FPS"] if fps is not None else []
    if poses:
        first = poses[0]
        parts = [f"cut {first.cut}", f"{first.input_size} px", f"{first.latency_ms:.1f} ms", *parts]
        if first.unsure:
            parts.append("unsure")
    return "  |  ".join(parts)


def draw_skeleton(canvas: Image, pose: Pose) -> None:
    """Draw one pose onto `canvas` in place."""
    if not _finite(pose):
        return
    size = float(max(pose.box[2], pose.box[3]))
    width = float(np.clip(size * 0.014, 1.5, 14.0))
    low, high = _region(canvas.shape, pose.keypoints, margin=2 * width + 3)
    if (high <= low).any():
        return
    region = canvas[low[1] : high[1], low[0] : high[0]]
    color, alpha = region.copy(), np.zeros(region.shape[:2], np.uint8)
    points = pose.keypoints - 0.5 - low  # OpenCV's integers are pixel centres, ours are corners
    sure = np.clip(pose.confidence, 0.0, 1.0)  # scores of other networks, in a Pose of the caller's, may lie beyond
    _draw_bones(color, alpha, points, sure, width)
    _draw_joints(color, alpha, points, sure, width)
    region[:] = blend(region, color, alpha)


def blend(under: Image, over: Image, alpha: NDArray[np.uint8]) -> Image:
    """`over` on `under` with an opacity of 0..255 per pixel."""
    weight = alpha.astype(np.float32) / 255.0
    return np.asarray(cv2.blendLinear(over, np.ascontiguousarray(under), weight, 1.0 - weight), np.uint8)


def draw_legend(canvas: Image, text: str) -> None:
    """A translucent strip in the lower left corner: the text, then which colour is which side."""
    scale = float(np.clip(min(canvas.shape[:2]) / 1000.0, 0.36, 1.4))
    font, weight = cv2.FONT_HERSHEY_DUPLEX, 1 if scale < 0.9 else 2
    sides = [("right", SIDE_COLORS["right"]), ("left", SIDE_COLORS["left"])]
    (text_width, height), _ = cv2.getTextSize(text, font, scale, weight)
    pad, radius = round(0.7 * height), max(round(0.4 * height), 3)
    key_width = sum(cv2.getTextSize(name, font, scale, weight)[0][0] + 2 * radius + 2 * pad for name, _ in sides)
    if text_width + key_width + 3 * pad > canvas.shape[1]:
        sides, key_width = [], 0
    top, right = canvas.shape[0] - height - 2 * pad, min(text_width + key_width + 2 * pad, canvas.shape[1])
    strip = canvas[top:, :right]
    strip[:] = (strip * 0.35 + np.array([24, 20, 18]) * 0.65).astype(np.uint8)
    baseline, x = canvas.shape[0] - pad, pad
    cv2.putText(canvas, text, (x, baseline), font, scale, (240, 240, 240), weight, cv2.LINE_AA)
    x += text_width + 2 * pad
    for name, color in sides:
        cv2.circle(canvas, (x + radius, baseline - height // 2), radius, color, -1, cv2.LINE_AA)
        x += 2 * radius + pad // 2
        cv2.putText(canvas, name, (x, baseline), font, scale, (240, 240, 240), weight, cv2.LINE_AA)
        x += cv2.getTextSize(name, font, scale, weight)[0][0] + pad


def _finite(pose: Pose) -> bool:
    return all(bool(np.isfinite(part).all()) for part in (pose.keypoints, pose.joints3d, pose.confidence, pose.box))


def _draw_bones(color: Image, alpha: NDArray[np.uint8], points: NDArray, confidence: NDArray, width: float) -> None:
    for halo in (True, False):
        for parent, child in bones_of(len(points)):
            sure = float(min(confidence[parent], confidence[child]))
            thickness = max(round(width * width_of(child) * (0.55 + 0.45 * sure)), 1)
            ends = _fixed(points[parent]), _fixed(points[child])
            if halo:  # a dark rim keeps the skeleton legible on any ground
                cv2.line(color, *ends, (20, 16, 14), thickness + 2, cv2.LINE_AA, _SHIFT)
                cv2.line(alpha, *ends, _opacity(sure) * 0.6, thickness + 2, cv2.LINE_AA, _SHIFT)
            else:
                cv2.line(color, *ends, bone_color(child), thickness, cv2.LINE_AA, _SHIFT)
                cv2.line(alpha, *ends, _opacity(sure), thickness, cv2.LINE_AA, _SHIFT)


def _draw_joints(color: Image, alpha: NDArray[np.uint8], points: NDArray, confidence: NDArray, width: float) -> None:
    for joint, point in enumerate(points):
        sure = float(confidence[joint])
        radius = round(width * width_of(joint) * (0.45 + 0.35 * sure) * (1 << _SHIFT))
        for layer, value in ((color, (250, 250, 250)), (alpha, _opacity(sure))):
            cv2.circle(layer, _fixed(point), radius + (1 << _SHIFT), value, -1, cv2.LINE_AA, _SHIFT)
        cv2.circle(color, _fixed(point), radius, JOINT_COLORS[joint], -1, cv2.LINE_AA, _SHIFT)


def _opacity(confidence: float) -> float:
    return 255.0 * (0.2 + 0.8 * confidence)


def _fixed(point: NDArray) -> tuple[int, int]:
    bounded = np.clip(point, -30000, 30000) * (1 << _SHIFT)
    return round(float(bounded[0])), round(float(bounded[1]))


def _region(shape: tuple[int, ...], points: NDArray, margin: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    bounds = np.array([shape[1], shape[0]])
    low = np.clip(np.floor(points.min(0) - margin), 0, bounds).astype(np.int64)
    high = np.clip(np.ceil(points.max(0) + margin), 0, bounds).astype(np.int64)
    return low, high


class _Module(ModuleType):
    """`sspnet_sdk.draw` is this file, and the function in it: whichever of the two a program holds, it can call."""

    def __call__(self, image: Any, poses: Pose | Iterable[Pose], **options: Any) -> Image:
        return draw(image, poses, **options)


sys.modules[__name__].__class__ = _Module
