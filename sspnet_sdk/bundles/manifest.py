"""A bundle's manifest.json, checked: every field that the runtime or a person reads has a type and a range."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from sspnet_sdk.bundles.fields import FieldError, entry, items, number, object_, text, whole, wholes
from sspnet_sdk.bundles.thresholds import SCHEMA_1, read_finder, read_poses
from sspnet_sdk.pose import BODY_JOINTS, FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS

SCHEMA = 2
MOST_CHOICES = 16  # sizes or cuts
_MOST_FILE_BYTES = 1 << 32
_PREPROCESSING = {"layout": "NHWC", "dtype": "uint8", "color": "rgb"}


def upgraded(document: Any) -> dict[str, Any]:
    """A manifest of this schema. One of schema 1 gets the numbers that it left to the runtimes.

    Raises:
        FieldError: it is of no schema that this version knows.
    """
    schema = document.get("schema") if isinstance(document, dict) else None
    if isinstance(schema, (bool, float)) or schema not in (1, SCHEMA):
        raise FieldError(f"has schema {str(schema)[:40]!r}; this version of sspnet-sdk reads schema {SCHEMA}, and 1")
    if schema == SCHEMA:
        return dict(document)
    sizes = [size for sizes in _objects(document.get("graphs")) for size in _objects(sizes)]
    numbers = {name: value for name, value in SCHEMA_1.items() if name != "finder" or any("finder" in size for size in sizes)}
    return {"schema": SCHEMA, **numbers} | {name: value for name, value in document.items() if name not in ("schema", *SCHEMA_1)}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value.values() if isinstance(one, dict)] if isinstance(value, dict) else []


def check_manifest(document: dict[str, Any]) -> None:
    """Check all that a runtime or a person reads.

    Raises:
        FieldError: names the first field that is missing or wrong.
    """
    text(entry(document, "name"), "name", 200)
    joints = _check_joints(entry(document, "joints"))
    _check_frame(entry(document, "frame"), joints)
    _check_preprocessing(entry(document, "preprocessing"))
    sizes = wholes(entry(document, "sizes"), "sizes", 8, 4096, MOST_CHOICES)
    precisions = [_precision(name) for name in items(entry(document, "precisions"), "precisions", MOST_CHOICES, least=1)]
    if len(set(precisions)) < len(precisions):
        raise FieldError(f"is malformed: 'precisions' must be distinct, not {precisions}")
    cuts = [_check_cut(cut) for cut in items(entry(document, "cuts"), "cuts", MOST_CHOICES, least=1)]
    wholes(cuts, "cuts", 1, 1000, MOST_CHOICES)
    _check_files(entry(document, "files"))
    for precision in precisions:
        for size in sizes:
            graphs = entry(entry(entry(document, "graphs"), precision, "graphs"), str(size), f"graphs.{precision}")
            _check_graphs(document, graphs, f"graphs.{precision}.{size}", sorted(cuts))
    for name in ("lift", "root_depth"):
        if document.get(name) is not None:
            listed(document, entry(document[name], "file", name))
    read_poses(entry(document, "poses"))
    if _has_finder(document):
        read_finder(entry(document, "finder"))
    _check_notes(document)


def _has_finder(document: dict[str, Any]) -> bool:
    """Whether any graph is a finder's."""
    return any(
        "finder" in graphs or "finer_finder" in graphs for sizes in document["graphs"].values() for graphs in _objects(sizes)
    )


def listed(document: dict[str, Any], name: Any) -> str:
    """The name of a file of the bundle, if it stays inside and the manifest knows its sha256.

    Raises:
        FieldError: it does not.
    """
    if check_name(name) not in document["files"]:
        raise FieldError(f"names the graph {name}, which is not among the files with a sha256")
    return str(name)


def check_name(name: Any) -> str:
    """`name`, if it is a plain relative path that does not leave its folder.

    Raises:
        FieldError: it is not.
    """
    pure = PurePosixPath(name) if isinstance(name, str) and len(name) <= 250 else PurePosixPath("/")
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or any(letter in name for letter in '\\:\0"*?<>|\n'):
        raise FieldError(f"names {str(name)[:80]!r}, which is not a path inside the bundle")
    return str(name)


def _check_joints(joints: Any) -> int:
    """-> how many."""
    names = [text(name, "joints.names", 40) for name in items(entry(joints, "names", "joints"), "joints.names", 100)]
    count = len(names)
    if count not in (BODY_JOINTS, len(JOINT_NAMES)) or tuple(names) != JOINT_NAMES[:count]:
        raise FieldError(
            f"has joints that are not the {BODY_JOINTS} or the {len(JOINT_NAMES)} this version knows: {str(names)[:80]}"
        )
    pairs = [list(pair) for pair in FLIP_PAIRS if max(pair) < count]
    for name, known in (("parents", list(JOINT_PARENTS[:count])), ("flip_pairs", pairs), ("root", 0)):
        if (value := entry(joints, name, "joints")) != known or _holds_truth(value):
            raise FieldError(f"is malformed: 'joints.{name}' must be those of the joints' names, {known}, not {str(value)[:80]}")
    return count


def _holds_truth(value: Any) -> bool:
    """Whether true or false stands where Python would take it for 1 or 0."""
    return isinstance(value, bool) or (isinstance(value, list) and any(map(_holds_truth, value)))


def _check_frame(frame: Any, joints: int) -> None:
    number(entry(frame, "depth_range_mm", "frame"), "frame.depth_range_mm", 1, 100_000)
    for bone in items(entry(frame, "bone_lengths_mm", "frame"), "frame.bone_lengths_mm", 100, least=1):
        a, b, length = items(bone, "a bone of frame.bone_lengths_mm", 3, least=3)
        if whole(a, "frame.bone_lengths_mm", 0, joints - 1) == whole(b, "frame.bone_lengths_mm", 0, joints - 1):
            raise FieldError(f"is malformed: 'frame.bone_lengths_mm' has a bone from joint {a} to itself")
        number(length, "frame.bone_lengths_mm", 1, 10_000)


def _check_preprocessing(preprocessing: Any) -> None:
    for name, known in _PREPROCESSING.items():
        if (value := entry(preprocessing, name, "preprocessing")) != known:
            raise FieldError(f"wants a preprocessing that this version does not know: {name} {str(value)[:40]!r}")
    number(entry(preprocessing, "box_scale", "preprocessing"), "preprocessing.box_scale", 0.5, 10)
    whole(entry(preprocessing, "border", "preprocessing"), "preprocessing.border", 0, 255)


def _precision(name: Any) -> str:
    if not isinstance(name, str) or not re.fullmatch("[a-z0-9_]{1,20}", name):
        raise FieldError(f"is malformed: 'precisions' must be names such as fp32, not {str(name)[:40]!r}")
    return name


def largest_score(name: str) -> float:
    """What a score of an accuracy may be at most: a share ends at 1."""
    return 1.0 if name == "pck" else 1e6


def _check_cut(entry_: Any) -> int:
    cut = whole(entry(entry_, "cut", "cuts"), "cuts.cut", 1, 1000)
    if (parameters := entry_.get("parameters")) is not None:
        whole(parameters, "cuts.parameters", 0, 1 << 50)
    for macs in object_(entry_.get("macs", {}), "cuts.macs").values():
        number(macs, "cuts.macs", 0, 1e18)
    for name in ("accuracy", "deviation"):
        for sizes in object_(entry_.get(name, {}), f"cuts.{name}").values():
            for stated in object_(sizes, f"cuts.{name}").values():
                for score, value in object_(stated, f"cuts.{name}").items():
                    number(value, f"cuts.{name}.{score[:40]}", 0, largest_score(score))
    return cut


def _check_files(files: Any) -> None:
    if len(object_(files, "files")) > 10_000:
        raise FieldError("is malformed: 'files' lists more than 10,000")
    for name, file in files.items():
        check_name(name)
        whole(entry(file, "bytes", f"files.{name}"), f"files.{name}.bytes", 0, _MOST_FILE_BYTES)
        sha256 = entry(file, "sha256", f"files.{name}")
        if not isinstance(sha256, str) or not re.fullmatch("[0-9a-f]{64}", sha256):
            raise FieldError(f"is malformed: 'files.{name}.sha256' must be 64 hexadecimal digits")


def _check_graphs(document: dict[str, Any], graphs: Any, what: str, cuts: list[int]) -> None:
    for name in ("full", "finder", "finer_finder"):
        if name in object_(graphs, what):
            listed(document, graphs[name])
    stages = items(entry(graphs, "stages", what), f"{what}.stages", MOST_CHOICES)
    if [entry(stage, "cut", f"{what}.stages") for stage in stages] != cuts:
        raise FieldError(f"is malformed: '{what}.stages' must be those of the cuts {cuts}")
    given = {"image", "previous"}
    for stage, cut in zip(stages, cuts, strict=True):
        file = listed(document, entry(stage, "file", f"{what}.stages"))
        needed, gives = (_tensors(stage, name, f"{what}.stages") for name in ("inputs", "outputs"))
        if missing := sorted(needed - given):
            raise FieldError(f"is malformed: no stage gives {missing[0]!r}, which {file} needs")
        if f"pose_{cut}" not in gives:
            raise FieldError(f"is malformed: the stage {file} gives no 'pose_{cut}'")
        given |= gives


def _tensors(stage: Any, name: str, what: str) -> set[str]:
    names = [text(one, f"{what}.{name}", 100) for one in items(entry(stage, name, what), f"{what}.{name}", 100, least=1)]
    if len(set(names)) < len(names):
        raise FieldError(f"is malformed: '{what}.{name}' names a tensor twice")
    return set(names)


def _check_notes(document: dict[str, Any]) -> None:
    """What only people read."""
    if document.get("license") is not None:
        text(document["license"], "license")
    if document.get("training_data") is not None:
        for line in items(document["training_data"], "training_data", 1000):
            text(line, "training_data")
    if "created" in document:
        text(document["created"], "created", 100)
    for name in ("model", "versions"):
        object_(document.get(name, {}), name)
