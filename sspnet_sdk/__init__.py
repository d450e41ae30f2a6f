"""3D human pose from one RGB image at the frame rate you ask for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from sspnet_sdk.errors import BackendError, BundleError, ImageError, OptionError, SSPNetError
from sspnet_sdk.version import __version__

if TYPE_CHECKING:
    from sspnet_sdk.dataframe import to_dataframe
    from sspnet_sdk.estimator import Estimator
    from sspnet_sdk.formats import open_writer
    from sspnet_sdk.pose import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS, Joint, Pose
    from sspnet_sdk.supervision_keypoints import to_supervision

__all__ = [
    "FLIP_PAIRS",
    "JOINT_NAMES",
    "JOINT_PARENTS",
    "BackendError",
    "BundleError",
    "Estimator",
    "ImageError",
    "Joint",
    "OptionError",
    "Pose",
    "SSPNetError",
    "__version__",
    "open_writer",
    "to_dataframe",
    "to_supervision",
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
    "to_dataframe": "sspnet_sdk.dataframe",
    "to_supervision": "sspnet_sdk.supervision_keypoints",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'sspnet_sdk' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
