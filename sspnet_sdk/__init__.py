"""3D human pose from one RGB image at the frame rate you ask for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from sspnet_sdk.errors import BackendError, BundleError, ImageError, OptionError, SSPNetError
from sspnet_sdk.version import __version__

if TYPE_CHECKING:
    from sspnet_sdk.bundle import Bundle, open_bundle
    from sspnet_sdk.capture import Capture
    from sspnet_sdk.device import describe_device
    from sspnet_sdk.draw import Overlay, draw
    from sspnet_sdk.drawing.inset import render_inset
    from sspnet_sdk.drawing.rerun_view import RerunView
    from sspnet_sdk.estimator import Estimator
    from sspnet_sdk.files.video_file import VideoFile
    from sspnet_sdk.formats import open_writer
    from sspnet_sdk.frame import Frame, Person
    from sspnet_sdk.overlay import OverlayVideo, write_image
    from sspnet_sdk.people.identity import Track, TrackState
    from sspnet_sdk.pictures import read_picture
    from sspnet_sdk.pose import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS, Joint, Pose
    from sspnet_sdk.poses.dataframe import to_dataframe
    from sspnet_sdk.poses.supervision_keypoints import to_supervision
    from sspnet_sdk.smoothing import PoseSmoother
    from sspnet_sdk.tracking import Tracker
    from sspnet_sdk.video import stream

__all__ = [
    "FLIP_PAIRS",
    "JOINT_NAMES",
    "JOINT_PARENTS",
    "BackendError",
    "Bundle",
    "BundleError",
    "Capture",
    "Estimator",
    "Frame",
    "ImageError",
    "Joint",
    "OptionError",
    "Overlay",
    "OverlayVideo",
    "Person",
    "Pose",
    "PoseSmoother",
    "RerunView",
    "SSPNetError",
    "Track",
    "TrackState",
    "Tracker",
    "VideoFile",
    "__version__",
    "describe_device",
    "draw",
    "open_bundle",
    "open_writer",
    "read_picture",
    "render_inset",
    "stream",
    "to_dataframe",
    "to_supervision",
    "write_image",
]

# numpy, OpenCV and the engines are loaded when a name that needs them is first used: `import sspnet_sdk` stays instant.
_HOME = {
    "Estimator": "sspnet_sdk.estimator",
    "Pose": "sspnet_sdk.pose",
    "Joint": "sspnet_sdk.pose",
    "JOINT_NAMES": "sspnet_sdk.pose",
    "JOINT_PARENTS": "sspnet_sdk.pose",
    "FLIP_PAIRS": "sspnet_sdk.pose",
    "open_writer": "sspnet_sdk.formats",
    "to_dataframe": "sspnet_sdk.poses.dataframe",
    "to_supervision": "sspnet_sdk.poses.supervision_keypoints",
    "Bundle": "sspnet_sdk.bundle",
    "open_bundle": "sspnet_sdk.bundle",
    "Capture": "sspnet_sdk.capture",
    "describe_device": "sspnet_sdk.device",
    "Overlay": "sspnet_sdk.draw",
    "draw": "sspnet_sdk.draw",
    "Frame": "sspnet_sdk.frame",
    "Person": "sspnet_sdk.frame",
    "read_picture": "sspnet_sdk.pictures",
    "render_inset": "sspnet_sdk.drawing.inset",
    "write_image": "sspnet_sdk.overlay",
    "OverlayVideo": "sspnet_sdk.overlay",
    "RerunView": "sspnet_sdk.drawing.rerun_view",
    "PoseSmoother": "sspnet_sdk.smoothing",
    "Tracker": "sspnet_sdk.tracking",
    "Track": "sspnet_sdk.people.identity",
    "TrackState": "sspnet_sdk.people.identity",
    "stream": "sspnet_sdk.video",
    "VideoFile": "sspnet_sdk.files.video_file",
}
_MODULES = (
    "backends",
    "bundle",
    "capture",
    "draw",
    "errors",
    "formats",
    "frame",
    "overlay",
    "pose",
    "smoothing",
    "tracking",
    "video",
)
"""Those that the documents name: each comes with its name, `sspnet_sdk.formats`."""


def __getattr__(name: str) -> object:
    if name in _HOME:
        value = getattr(_loaded(_HOME[name]), name)
    elif name in _MODULES:
        value = _loaded(f"sspnet_sdk.{name}")
    else:
        raise AttributeError(f"module 'sspnet_sdk' has no attribute {name!r}")
    globals()[name] = value
    return value


def _loaded(module: str) -> ModuleType:
    try:
        return import_module(module)
    except (ImportError, AttributeError):
        from sspnet_sdk.system.opencv_check import check_opencv

        check_opencv()
        raise


def __dir__() -> list[str]:
    return sorted(__all__)
