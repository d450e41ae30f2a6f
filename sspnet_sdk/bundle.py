"""Open, check and describe a bundle: a folder with a manifest, graphs and one copy of the weights."""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.bundles.fields import FieldError
from sspnet_sdk.bundles.manifest import check_manifest, upgraded
from sspnet_sdk.bundles.thresholds import Finder, PoseThresholds, read_finder, read_poses
from sspnet_sdk.errors import BundleError
from sspnet_sdk.given import given_path
from sspnet_sdk.system.regular_file import NotRegular, opened

DEFAULT_BUNDLE = Path(__file__).parent / "default_bundle"
_MANIFEST_LIMIT = 8 << 20

ENGINE_PRECISIONS = ("bf16", "fp16")
"""What an engine may compute fp32 graphs in, where its device is made for it."""


@dataclass(frozen=True)
class StageGraph:
    """One stage of the chain: what it needs and what it gives, by the names of the graph's tensors."""

    cut: int
    path: Path
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Bundle:
    """A checked bundle. Sizes and cuts ascend.

    `digest` identifies the bundle with everything in it. `manifest` is the checked document, in the schema of today. `finder` is
    None if the bundle cannot find people by itself. `precisions` are those that it has graphs in. `stages` and `finders` also
    hold the fp32 graphs under `ENGINE_PRECISIONS`.
    """

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
    poses: PoseThresholds
    finder: Finder | None
    stages: dict[tuple[str, int], tuple[StageGraph, ...]] = field(repr=False)
    finders: dict[tuple[str, int], Path] = field(repr=False)
    root_depth: Path | None = field(default=None, repr=False)
    lift: Path | None = field(default=None, repr=False)

    @property
    def engine_precisions(self) -> tuple[str, ...]:
        """Those of `ENGINE_PRECISIONS` in which every size and cut of the fp32 graphs was evaluated."""
        points = [(size, cut) for size in self.sizes for cut in self.cuts]
        others = [name for name in ENGINE_PRECISIONS if name not in self.precisions and "fp32" in self.precisions]
        return tuple(name for name in others if all(self.accuracy(name, size, cut) for size, cut in points))

    def accuracy(self, precision: str, size: int, cut: int) -> dict[str, float]:
        """What the bundle states for an operating point (`pck`, `pa_mpjpe_mm`). Empty if that was not evaluated."""
        stated = self._cut(cut).get("accuracy", {}).get(precision, {}).get(str(size), {})
        return {key: float(value) for key, value in stated.items()}

    def macs(self, size: int, cut: int) -> float:
        """Multiply-accumulates of one crop. If the bundle states none, a stand-in that grows alike."""
        return float(self._cut(cut).get("macs", {}).get(str(size)) or size * size * (1e4 + 1e3 * cut))

    def _cut(self, cut: int) -> dict[str, Any]:
        entry: dict[str, Any] = next(entry for entry in self.manifest["cuts"] if entry["cut"] == cut)
        return entry


def open_bundle(source: str | os.PathLike[str] | Bundle | None = None) -> Bundle:
    """Open a bundle's folder and check all of it: schema, paths that stay inside, sizes and sha256 of every file.

    Args:
        source: the folder. None means the bundle of the package. A `Bundle` is given back.

    Raises:
        BundleError: names the file or field that is wrong.
    """
    if isinstance(source, Bundle):
        return source
    if source is None and not DEFAULT_BUNDLE.is_dir():
        raise BundleError("this installation holds no default bundle: name one, Estimator('path/to/bundle')")
    if source is not None and not isinstance(source, (str, os.PathLike)):
        raise BundleError(f"a bundle is the path of a folder, not {type(source).__name__}")
    folder = DEFAULT_BUNDLE if source is None else given_path(source)
    manifest, digest = _read_manifest(folder)
    for name, entry in manifest["files"].items():
        _check_file(folder, name, entry)
    return _describe(folder, manifest, digest)


def _read_manifest(folder: Path) -> tuple[dict[str, Any], str]:
    path = folder / "manifest.json"
    if not folder.is_dir():
        raise BundleError(f"{folder} is not a bundle: {'not a folder' if folder.exists() else 'no such folder'}")
    try:
        with opened(path, _MANIFEST_LIMIT) as stream:
            content = stream.read(_MANIFEST_LIMIT)
        manifest = upgraded(_parsed(content))
        check_manifest(manifest)
    except FileNotFoundError:
        raise BundleError(f"{folder} is not a bundle: it holds no manifest.json") from None
    except (FieldError, NotRegular) as error:
        raise BundleError(f"{path} {error}") from None
    except OSError as error:
        raise BundleError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not valid JSON: {error}") from None
    return manifest, hashlib.sha256(content).hexdigest()


def _parsed(content: bytes) -> Any:
    """JSON as its standard has it, and as C++ and the browser read it: UTF-8, finite numbers, whole characters."""
    document = json.loads(content.decode("utf-8-sig"), parse_constant=_finite, parse_float=_finite)
    json.dumps(document, ensure_ascii=False).encode()  # half of a character is no text
    return document


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError(f"{text} is no number")
    return number


def _check_file(folder: Path, name: str, entry: dict[str, Any]) -> None:
    path, digest = _inside(folder, name), hashlib.sha256()
    try:
        with opened(path, entry["bytes"]) as stream:
            size = os.fstat(stream.fileno()).st_size
            while part := stream.read(1 << 20):
                digest.update(part)
    except NotRegular as error:
        raise BundleError(f"the bundle's file {name} in {folder} {error}") from None
    except OSError as error:
        raise BundleError(f"the bundle's file {name} cannot be read: {error.strerror or error}") from None
    if size != entry["bytes"] or digest.hexdigest() != entry["sha256"]:
        raise BundleError(f"the bundle's file {name} in {folder} is damaged or was changed: its sha256 is not the manifest's")


def _inside(folder: Path, name: str) -> Path:
    """The path of a file that the manifest names, if it is no link out of the folder."""
    path = folder.joinpath(*PurePosixPath(name).parts)
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise BundleError(f"the bundle's file {name} is a link that leaves the bundle {folder}")
    return path


def _describe(folder: Path, manifest: dict[str, Any], digest: str) -> Bundle:
    frame, preprocessing = manifest["frame"], manifest["preprocessing"]
    stages: dict[tuple[str, int], tuple[StageGraph, ...]] = {}
    finders: dict[tuple[str, int], Path] = {}
    sizes = tuple(sorted(manifest["sizes"]))
    for precision in dict.fromkeys((*manifest["precisions"], *(ENGINE_PRECISIONS if "fp32" in manifest["precisions"] else ()))):
        for size in sizes:
            graphs = manifest["graphs"][precision if precision in manifest["precisions"] else "fp32"][str(size)]
            stages[precision, size] = tuple(_stage(folder, entry) for entry in graphs["stages"])
            for name, side in (("finder", size), ("finer_finder", 2 * size)):
                if name in graphs:
                    finders[precision, side] = _inside(folder, graphs[name])
    return Bundle(
        folder=folder,
        manifest=manifest,
        digest=digest,
        name=manifest["name"],
        joint_names=tuple(manifest["joints"]["names"]),
        sizes=sizes,
        cuts=tuple(sorted(entry["cut"] for entry in manifest["cuts"])),
        precisions=tuple(manifest["precisions"]),
        box_scale=float(preprocessing["box_scale"]),
        border=preprocessing["border"],
        depth_range_mm=float(frame["depth_range_mm"]),
        bones=np.array(frame["bone_lengths_mm"], np.float32),
        poses=read_poses(manifest["poses"]),
        finder=read_finder(manifest["finder"]) if finders else None,
        stages=stages,
        finders=finders,
        root_depth=_small_graph(folder, manifest, "root_depth"),
        lift=_small_graph(folder, manifest, "lift"),
    )


def _small_graph(folder: Path, manifest: dict[str, Any], name: str) -> Path | None:
    """A graph beside the stages, where the bundle has it."""
    entry = manifest.get(name)
    return None if entry is None else _inside(folder, entry["file"])


def _stage(folder: Path, entry: dict[str, Any]) -> StageGraph:
    return StageGraph(entry["cut"], _inside(folder, entry["file"]), tuple(entry["inputs"]), tuple(entry["outputs"]))
