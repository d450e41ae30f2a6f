"""Open, check and describe a bundle: a folder with a manifest, graphs and one copy of the weights."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import BundleError
from sspnet_sdk.pose import BODY_JOINTS, JOINT_NAMES

SCHEMA = 1
DEFAULT_BUNDLE = Path(__file__).parent / "default_bundle"
_MANIFEST_LIMIT = 8 << 20


@dataclass(frozen=True)
class StageGraph:
    """One stage of the chain: what it needs and gives, by the names of the graph's tensors."""

    cut: int
    path: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """A checked bundle. Sizes and cuts ascend; `digest` identifies the bundle with everything in it."""

    folder: Path
    manifest: dict[str, Any]
    digest: str
    name: str
    joint_names: tuple[str, ...]
    sizes: tuple[int, ...]
    cuts: tuple[int, ...]
    precisions: tuple[str, ...]
    box_scale: float
    border: int
    depth_range_mm: float
    bones: NDArray[np.float32]
    stages: dict[tuple[str, int], tuple[StageGraph, ...]] = field(repr=False)
    finders: dict[tuple[str, int], Path] = field(repr=False)
    root_depth: Path | None = field(default=None, repr=False)
    lift: Path | None = field(default=None, repr=False)

    @property
    def has_finder(self) -> bool:
        """Whether the bundle can find people in a whole picture by itself."""
        return bool(self.finders)

    def accuracy(self, precision: str, size: int, cut: int) -> dict[str, float]:
        """What the bundle states for an operating point (`pck`, `pa_mpjpe_mm`); empty where it was not evaluated."""
        entry = self.manifest["cuts"][[c["cut"] for c in self.manifest["cuts"]].index(cut)]
        stated = entry.get("accuracy", {}).get(precision, {}).get(str(size), {})
        return {key: float(value) for key, value in stated.items() if isinstance(value, (int, float))}

    def macs(self, size: int, cut: int) -> float:
        """Multiply-accumulates of one crop; a stand-in that grows alike where the bundle states none."""
        entry = self.manifest["cuts"][[c["cut"] for c in self.manifest["cuts"]].index(cut)]
        return float(entry.get("macs", {}).get(str(size)) or size * size * (1e4 + 1e3 * cut))


def open_bundle(source: str | os.PathLike[str] | Bundle | None = None) -> Bundle:
    """Open a bundle's folder and check all of it: schema, paths that stay inside, sizes and sha256 of every file.

    Args:
        source: the folder; None for the bundle that comes with the package; a `Bundle` is given back.

    Raises:
        BundleError: names the file or field that is wrong.
    """
    if isinstance(source, Bundle):
        return source
    if source is None and not DEFAULT_BUNDLE.is_dir():
        raise BundleError("this installation holds no default bundle: name one, Estimator('path/to/bundle')")
    if source is not None and not isinstance(source, (str, os.PathLike)):
        raise BundleError(f"a bundle is the path of a folder, not {type(source).__name__}")
    folder = DEFAULT_BUNDLE if source is None else Path(source)
    manifest, digest = _read_manifest(folder)
    try:
        _check_files(folder, manifest)
        return _describe(folder, manifest, digest)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"is malformed: {error}"
        raise BundleError(f"{folder / 'manifest.json'} {what}") from None


def _read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    path = folder / "manifest.json"
    try:
        if not folder.is_dir():
            raise BundleError(f"{folder} is not a bundle: {'not a folder' if folder.exists() else 'no such folder'}")
        if path.stat().st_size > _MANIFEST_LIMIT:
            raise BundleError(f"{path} is larger than any manifest")
        content = path.read_bytes()
        manifest = json.loads(content)
    except FileNotFoundError:
        raise BundleError(f"{folder} is not a bundle: it holds no manifest.json") from None
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not valid JSON: {error}") from None
    schema = manifest.get("schema") if isinstance(manifest, dict) else None
    if schema != SCHEMA:
        raise BundleError(f"{path} has schema {schema!r}; this version of sspnet-sdk reads schema {SCHEMA}")
    return manifest, hashlib.sha256(content).hexdigest()


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    for name, entry in manifest["files"].items():
        path = _inside(folder, name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BundleError(f"the bundle's file {name} cannot be read: {error.strerror or error}") from None
        if len(content) != entry["bytes"] or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            raise BundleError(f"the bundle's file {name} in {folder} is damaged or was changed: its sha256 is not the manifest's")


def _inside(folder: Path, name: Any) -> Path:
    """The path of a bundle's file, if `name` is a plain relative path that does not leave the folder, by links neither."""
    pure = PurePosixPath(name) if isinstance(name, str) else PurePosixPath("/")
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in name or ":" in name or "\0" in name:
        raise BundleError(f"the manifest names {name!r}, which is not a path inside the bundle {folder}")
    path = folder.joinpath(*pure.parts)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"the bundle's file {name} is a link that leaves the bundle {folder}")
    return path


def _describe(folder: Path, manifest: dict[str, Any], digest: str) -> Bundle:
    joints, frame, preprocessing = manifest["joints"], manifest["frame"], manifest["preprocessing"]
    names = tuple(joints["names"])
    if names not in (JOINT_NAMES, JOINT_NAMES[:BODY_JOINTS]):
        known = f"the {BODY_JOINTS} or the {len(JOINT_NAMES)} this version knows"
        raise BundleError(f"the bundle {folder} has joints that are not {known}: {joints['names']}")
    if (preprocessing["layout"], preprocessing["dtype"], preprocessing["color"]) != ("NHWC", "uint8", "rgb"):
        raise BundleError(f"the bundle {folder} wants a preprocessing that this version does not know: {preprocessing}")
    bones = np.array(frame["bone_lengths_mm"], np.float32).reshape(-1, 3)
    if not len(bones) or not np.isfinite(bones).all() or bones[:, :2].min() < 0 or bones[:, :2].max() >= len(names):
        raise ValueError("frame.bone_lengths_mm must list bones as [joint, joint, millimetres]")
    sizes, cuts = _ascending(manifest["sizes"], "sizes"), _ascending([c["cut"] for c in manifest["cuts"]], "cuts")
    stages: dict[tuple[str, int], tuple[StageGraph, ...]] = {}
    finders: dict[tuple[str, int], Path] = {}
    for precision in manifest["precisions"]:
        for size in sizes:
            graphs = manifest["graphs"][precision][str(size)]
            stages[precision, size] = tuple(_stage(folder, manifest, entry) for entry in graphs["stages"])
            _check_chain(stages[precision, size], cuts)
            if "finder" in graphs:
                finders[precision, size] = _listed(folder, manifest, graphs["finder"])
            if "finer_finder" in graphs:
                finders[precision, 2 * size] = _listed(folder, manifest, graphs["finer_finder"])
    return Bundle(
        folder=folder,
        manifest=manifest,
        digest=digest,
        name=str(manifest["name"]),
        joint_names=names,
        sizes=sizes,
        cuts=cuts,
        precisions=tuple(str(precision) for precision in manifest["precisions"]),
        box_scale=_positive(preprocessing["box_scale"], "preprocessing.box_scale"),
        border=int(preprocessing["border"]) & 255,
        depth_range_mm=_positive(frame["depth_range_mm"], "frame.depth_range_mm"),
        bones=bones,
        stages=stages,
        finders=finders,
        root_depth=_small_graph(folder, manifest, "root_depth"),
        lift=_small_graph(folder, manifest, "lift"),
    )


def _small_graph(folder: Path, manifest: dict[str, Any], name: str) -> Path | None:
    """A graph beside the stages, where the bundle has it."""
    entry = manifest.get(name)
    return None if entry is None else _listed(folder, manifest, entry["file"])


def _stage(folder: Path, manifest: dict[str, Any], entry: dict[str, Any]) -> StageGraph:
    path = _listed(folder, manifest, entry["file"])
    return StageGraph(int(entry["cut"]), path, tuple(entry["inputs"]), tuple(entry["outputs"]))


def _check_chain(stages: tuple[StageGraph, ...], cuts: tuple[int, ...]) -> None:
    if tuple(stage.cut for stage in stages) != cuts:
        raise ValueError(f"the stages {[stage.cut for stage in stages]} are not the cuts {list(cuts)}")
    given = {"image"}
    for stage in stages:
        if missing := set(stage.inputs) - given:
            raise ValueError(f"no stage gives {sorted(missing)}, which {stage.path.name} needs")
        given.update(stage.outputs)


def _listed(folder: Path, manifest: dict[str, Any], name: str) -> Path:
    path = _inside(folder, name)
    if name not in manifest["files"]:
        raise ValueError(f"the graph {name} is not among the files with a sha256")
    return path


def _ascending(values: Any, what: str) -> tuple[int, ...]:
    numbers = tuple(sorted(int(value) for value in values))
    if not numbers or numbers[0] <= 0 or len(set(numbers)) != len(numbers):
        raise ValueError(f"{what} must be distinct positive numbers, not {values}")
    return numbers


def _positive(value: Any, what: str) -> float:
    if not 0 < float(value) < float("inf"):
        raise ValueError(f"{what} must be positive, not {value}")
    return float(value)
