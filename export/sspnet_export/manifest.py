"""manifest.json: everything that a runtime or a person has to know about a bundle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sspnet_train.data.crop import BORDER, BOX_SCALE, DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_PARENTS, CANONICAL_BONES_MM
from sspnet_train.network.macs import count_macs
from sspnet_train.network.model import SSPNet

from sspnet_export.deviation import Deviation
from sspnet_export.errors import ExportError
from sspnet_export.thresholds import POSES
from sspnet_sdk.bundles.manifest import SCHEMA
from sspnet_sdk.pose import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS
from sspnet_sdk.version import __version__

NAME = "manifest.json"

# A mean adult's bones as the network's depth was trained on them: means over 14,245 distinct poses of motion capture.
BONE_LENGTHS_MM = [(BODY_PARENTS[child], child, length) for child, length in CANONICAL_BONES_MM.items()]

FRAME = {
    "keypoints": "u, v in [0, 1] of the square crop, corner to corner: x right, y down",
    "joints3d": "z in [0, 1], away from the camera: z_mm = (z - 0.5) * depth_range_mm from the pelvis (Eq. 10); "
    "x right and y down in millimetres from the keypoints, by the scale at which bones have bone_lengths_mm",
    "depth_range_mm": DEPTH_RANGE_MM,
    "bone_lengths_mm": BONE_LENGTHS_MM,
}

PREPROCESSING = {"layout": "NHWC", "dtype": "uint8", "color": "rgb", "box_scale": BOX_SCALE, "border": BORDER}

Accuracy = Mapping[int, Mapping[str, Mapping[str, Mapping[str, float]]]]
"""What an evaluation found: cut -> precision -> size -> {"pck": …, "pa_mpjpe_mm": …}."""


@dataclass(frozen=True)
class Notes:
    """What a checkpoint says of its licence and of what it was trained on."""

    license: str | None
    training_data: list[str]

    @classmethod
    def read(cls, notes: Mapping[str, str]) -> Notes:
        try:
            lines = json.loads(notes.get("training_data", "[]"))
        except ValueError:
            lines = None
        if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
            raise ExportError('the checkpoint\'s note "training_data" is not a JSON list of lines')
        return cls(notes.get("license"), lines)


def describe(
    network: SSPNet,
    notes: Notes,
    cuts: Sequence[int],
    sizes: Sequence[int],
    precisions: Sequence[str],
    accuracy: Accuracy,
) -> dict[str, Any]:
    """The manifest without `files`, and without what the parts of a bundle say of themselves."""
    return {
        "schema": SCHEMA,
        "name": network.config.name,
        "model": {"config": network.config.name, **network.config.to_dict()},
        "joints": describe_joints(network.config.joints),
        "frame": FRAME,
        "preprocessing": PREPROCESSING,
        "poses": POSES,
        "sizes": list(sizes),
        "precisions": list(precisions),
        "cuts": [describe_cut(network, cut, sizes, accuracy.get(cut, {})) for cut in cuts],
        "license": notes.license,
        "training_data": notes.training_data,
        "versions": {"sspnet_sdk": __version__} | {package: version(package) for package in ("torch", "onnx", "onnxscript")},
        "created": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
    }  # fmt: skip


def describe_joints(count: int) -> dict[str, Any]:
    """The first `count` of the joints that the runtime knows."""
    return {
        "names": JOINT_NAMES[:count],
        "parents": JOINT_PARENTS[:count],
        "flip_pairs": [pair for pair in FLIP_PAIRS if max(pair) < count],
        "root": 0,
        "definition": "coco",
    }


def describe_cut(network: SSPNet, cut: int, sizes: Sequence[int], accuracy: Mapping[str, Any]) -> dict[str, Any]:
    counted = {size: count_macs(network, size, cut) for size in sizes}
    macs = {str(size): macs for size, (_, macs) in counted.items()}
    return {"cut": cut, "parameters": counted[sizes[0]][0], "macs": macs, "accuracy": accuracy}


def add_deviation(document: dict[str, Any], deviation: Deviation) -> None:
    """What a precision costs at a cut and size, beside the accuracy that an evaluation states."""
    (entry,) = (entry for entry in document["cuts"] if entry["cut"] == deviation.cut)
    sizes = entry.setdefault("deviation", {}).setdefault(deviation.precision, {})
    sizes[str(deviation.size)] = {
        "keypoints": float(f"{deviation.keypoints:.3g}"),
        "depth_mm": float(f"{deviation.depth_mm:.3g}"),
    }


def write(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, with sha256 and size of every other file in `folder`.

    Raises:
        ExportError: one of its numbers is not finite, which JSON cannot hold.
    """
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / NAME:
            content = path.read_bytes()
            files[path.relative_to(folder).as_posix()] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    try:
        text = json.dumps({**manifest, "files": files}, indent=1, allow_nan=False)
    except ValueError:
        raise ExportError("a score of the bundle is not a finite number, which its manifest cannot hold") from None
    (folder / NAME).write_text(text + "\n")
