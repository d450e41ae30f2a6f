"""A sample as a picture and a JSON record, and back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import cv2
import numpy as np

from sspnet_train.data.camera import Camera
from sspnet_train.data.sample import Sample
from sspnet_train.errors import DataError

WEBP_QUALITY = 92
ARRAYS = ("box", "keypoints", "weight", "depth", "weight_depth", "joints3d")


def encode_sample(sample: Sample) -> tuple[bytes, bytes]:
    """A sample as a WebP picture and a JSON record of everything else."""
    picture = cv2.imencode(".webp", cv2.cvtColor(sample.image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])[1]
    record: dict[str, Any] = {name: None if getattr(sample, name) is None else _rounded(getattr(sample, name)) for name in ARRAYS}
    record |= {
        "visible": None if sample.visible is None else sample.visible.astype(int).tolist(),
        "camera": None if sample.camera is None else asdict(sample.camera),
        "focal": sample.focal, "root_z": sample.root_z, "name": sample.name, "action": sample.action,
    }  # fmt: skip
    return picture.tobytes(), json.dumps(record).encode()


def decode_sample(picture: bytes, record: bytes) -> Sample:
    """What `encode_sample` made.

    Raises:
        DataError: one of the two is damaged, or another.
    """
    try:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # empty, or of an absurd size
        image = None
    if image is None:
        raise DataError("a picture of a shard is damaged")
    try:
        labels = _labels(json.loads(record))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise DataError(f"a record of a shard is damaged: {error!r}") from None
    return Sample(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), **labels)


def _labels(values: dict[str, Any]) -> dict[str, Any]:
    arrays: dict[str, Any] = {name: None if values[name] is None else np.array(values[name], np.float32) for name in ARRAYS}
    if arrays["keypoints"].shape[1:] != (2,) or arrays["box"].shape != (4,):
        raise ValueError("keypoints must be (J, 2) and the box (4,)")
    camera = values["camera"] and Camera(**{key: tuple(value) for key, value in values["camera"].items()})
    visible = None if values["visible"] is None else np.array(values["visible"], bool)
    rest = {name: values[name] for name in ("focal", "root_z", "name", "action")}
    return {**arrays, "visible": visible, "camera": camera, **rest}


def _rounded(values: np.ndarray) -> list[float]:
    return np.round(values.astype(np.float64), 3).tolist()
