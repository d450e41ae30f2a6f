"""A pose as plain values for JSON, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import OptionError

if TYPE_CHECKING:
    from sspnet_sdk.pose import Pose

_ARRAYS = {"keypoints": (2,), "joints3d": (3,), "confidence": (), "joints3d_camera": (3,)}
"""Fields with a row for each joint -> what a row holds."""


def plain_values(pose: Pose) -> dict[str, Any]:
    """What `Pose.to_dict` gives."""
    return {
        "names": list(pose.names),
        "box": _rounded(pose.box, 2),
        "keypoints": _rounded(pose.keypoints, 2),
        "joints3d": _rounded(pose.joints3d, 1),
        "confidence": _rounded(pose.confidence, 4),
        "cut": int(pose.cut),
        "input_size": int(pose.input_size),
        "latency_ms": round(float(pose.latency_ms), 3),
        "unsure": bool(pose.unsure),
        **({} if pose.joints3d_camera is None else {"joints3d_camera": _rounded(pose.joints3d_camera, 1)}),
    }


def fields_of(values: Any, joint_names: tuple[str, ...], counts: tuple[int, ...]) -> dict[str, Any]:
    """The fields of a `Pose` from what `plain_values` gave.

    Args:
        values: with or without `names`; other entries, as the `id` of JSON lines, are left out.
        joint_names: of all joints that there are.
        counts: how many of them a pose may have.

    Raises:
        OptionError: these are no such values; says which.
    """
    if not isinstance(values, Mapping):
        raise OptionError(f"a pose is read from what to_dict gives, not from {type(values).__name__}")
    try:
        joints = len(values["keypoints"])
        if joints not in counts or list(values.get("names", joint_names[:joints])) != list(joint_names[:joints]):
            raise OptionError(f"this is no pose of {' or '.join(map(str, counts))} joints as this version names them")
        present = [name for name in _ARRAYS if name != "joints3d_camera" or name in values]
        fields = {name: _numbers(values, name, (joints, *_ARRAYS[name])) for name in present}
        fields["box"] = _numbers(values, "box", (4,))
        made = {"cut": int(values["cut"]), "input_size": int(values["input_size"]), "latency_ms": float(values["latency_ms"])}
        if not math.isfinite(made["latency_ms"]):
            raise OptionError(f"this is no pose: 'latency_ms' is {made['latency_ms']}, no time")
        if values["unsure"] not in (True, False):
            raise OptionError(f"this is no pose: 'unsure' is neither true nor false, but {values['unsure']!r:.80}")
        return {**fields, **made, "unsure": bool(values["unsure"])}
    except OptionError:
        raise
    except KeyError as error:
        raise OptionError(f"this is no pose: it has no {error.args[0]!r}") from None
    except (TypeError, ValueError, OverflowError) as error:
        raise OptionError(f"this is no pose: {error}") from None


def _numbers(values: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    numbers = np.asarray(values[name], np.float32)
    if numbers.shape != shape or not np.isfinite(numbers).all():
        raise OptionError(f"this is no pose: {name!r} is not {' x '.join(map(str, shape))} numbers")
    return numbers


def _rounded(values: NDArray[np.float32], digits: int) -> Any:
    return values.astype(float).round(digits).tolist()
