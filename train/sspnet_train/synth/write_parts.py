"""People by the thousand: pictures in tar files with labels.npz. The same seed gives the same people.

`OUT/synth_NN.tar` holds WebP pictures. `OUT/labels.npz` has one row per picture, in their order (`sspnet_train.data.synth3d`
reads both). `OUT/parts/` keeps the labels of each finished part, and `run.json`, which says what the run was made of. A killed
run goes on where it was.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from sspnet_train.data.job_files import changed_settings, digest, joined_arrays, picture_tar, save_arrays
from sspnet_train.errors import TrainingError
from sspnet_train.synth.assets import load_assets
from sspnet_train.synth.body_data import load_bodies
from sspnet_train.synth.people import People
from sspnet_train.synth.picture import Picture, take_picture
from sspnet_train.synth.pose_sampling import PoseSampler, read_poses
from sspnet_train.synth.render import Renderer
from sspnet_train.synth.scene import draw_scene
from sspnet_train.synth.scene_mix import SceneMix

RECIPE = 2
"""Raise when the same seed gives other pictures than before."""
PART_SIZE, MOST_TRIES = 500, 50

Progress = Callable[[int, int], None]
"""Called with the pictures done and all that are to be made."""


class GenerateError(TrainingError):
    """A request for pictures that cannot be met."""


@dataclass(frozen=True)
class Materials:
    """What pictures are made from: folder of assets (or None), files of poses, seed, shares of uncommon scenes."""

    assets: Path | None
    poses: tuple[Path, ...]
    seed: int
    mix: SceneMix = field(default_factory=SceneMix)


class Studio:
    """Bodies, poses, assets and a renderer, loaded once per process. `picture(i)` works for any i."""

    def __init__(self, materials: Materials):
        self.assets = load_assets(materials.assets)
        self.people = People(load_bodies(), PoseSampler([read_poses(path) for path in materials.poses]), self.assets)
        self.renderer = Renderer(self.assets.cloth)
        self.seed, self.mix = materials.seed, materials.mix

    def picture(self, index: int) -> Picture:
        """Picture `index`. It depends on the seed and the index only. Scenes that show nobody are drawn anew."""
        for attempt in range(MOST_TRIES):
            rng = np.random.default_rng((self.seed, index, attempt))
            panorama = self.assets.panoramas[int(rng.integers(len(self.assets.panoramas)))]
            scene = draw_scene(self.people, panorama, rng, self.mix)
            picture = take_picture(scene, self.renderer, self.assets, rng) if scene is not None else None
            if picture is not None:
                return picture
        raise GenerateError(f"picture {index}: {MOST_TRIES} scenes in a row showed nobody; are the poses in millimetres, y up?")


def generate(
    count: int,
    out: Path,
    seed: int = 0,
    *,
    assets: Path | None = None,
    poses: Sequence[Path] = (),
    mix: SceneMix | None = None,
    workers: int = 1,
    part_size: int = PART_SIZE,
    progress: Progress | None = None,
) -> Path:
    """Render people into parts under `out`.

    labels.npz grows part by part, and can be read meanwhile. A later run with a larger count adds to what is there; one
    with a smaller count takes nothing away. A killed run goes on with the first part that is not complete.

    Args:
        count: people in all.
        out: the folder.
        seed: decides everything.
        assets: folder with backgrounds/, cloth/, … (see `load_assets`); None paints them.
        poses: .npz files (see `read_poses`); none generates them.
        mix: how often scenes are out of the ordinary.
        workers: processes.
        part_size: people in one tar file.
        progress: called with the pictures done and their number.

    Returns:
        The path of labels.npz.

    Raises:
        GenerateError: the request cannot be met.
        AssetError: the folder of assets cannot be used.
        PoseFileError: a file of poses cannot be used.
        BodyModelError: the body model is missing.
        RenderError: there is no OpenGL.
    """
    if count < 1 or workers < 1 or part_size < 1:
        raise GenerateError(f"count, workers and part_size must be at least 1, got {count}, {workers} and {part_size}")
    if seed < 0:
        raise GenerateError(f"seed must not be negative, got {seed}")
    materials = Materials(assets, tuple(poses), seed, mix or SceneMix())
    changed = changed_settings(out / "parts" / "run.json", _description(materials, part_size))
    if changed:
        raise GenerateError(
            f"{out} holds pictures made with other {' and '.join(changed)}; give another folder, or the same settings"
        )
    parts = [range(start, min(start + part_size, count)) for start in range(0, count, part_size)]
    waiting = [(number, indices) for number, indices in enumerate(parts) if not _finished(out, number, indices)]
    done = count - sum(len(indices) for _, indices in waiting)
    if progress:
        progress(done, count)
    for finished in _render_all(materials, out, waiting, workers):
        done += finished
        if progress:
            progress(done, count)
    return _join_labels(out)


def _join_labels(out: Path) -> Path:
    """Join the labels of all finished parts, in their order, into labels.npz."""
    labels = out / "labels.npz"
    save_arrays(labels, joined_arrays(sorted((out / "parts").glob("labels_*.npz"), key=_number)))
    return labels


def _number(part: Path) -> int:
    return int(part.stem.rpartition("_")[2])


def _render_all(materials: Materials, out: Path, waiting: Sequence[tuple[int, range]], workers: int) -> Iterable[int]:
    """Render the parts. Yields how many pictures were finished since the last time."""
    if not waiting:
        return
    if workers == 1:
        studio = Studio(materials)
        for number, indices in waiting:
            yield from _write_part(studio, out, number, indices)
            _join_labels(out)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(workers, len(waiting)), _open_studio, (materials,)) as pool:
        for finished in pool.imap_unordered(_render_part, [(out, number, indices) for number, indices in waiting]):
            _join_labels(out)
            yield finished


_studio: Studio | None = None


def _open_studio(materials: Materials) -> None:
    global _studio
    os.environ.setdefault("LP_NUM_THREADS", "1")
    _studio = Studio(materials)


def _render_part(task: tuple[Path, int, range]) -> int:
    assert _studio is not None
    return sum(_write_part(_studio, *task))


def _write_part(studio: Studio, out: Path, number: int, indices: range) -> Iterable[int]:
    """Write the pictures, then the labels; a part without labels is not finished. Yields 1 per picture."""
    rows = []
    with picture_tar(_tar_path(out, number)) as pictures:
        for index in indices:
            picture = studio.picture(index)
            rows.append((f"synth_{index:08d}.webp", picture))
            pictures.add(rows[-1][0], picture.image)
            yield 1
    save_arrays(_part_path(out, number), _label_arrays(rows, number))


def _label_arrays(rows: Sequence[tuple[str, Picture]], part: int) -> dict[str, np.ndarray]:
    pictures = [picture for _, picture in rows]
    return {
        "name": np.array([name for name, _ in rows]),
        "shard": np.full(len(rows), part, np.int16),
        "box": np.array([p.box for p in pictures], np.float32),
        "keypoints": np.round([p.keypoints for p in pictures], 1).astype(np.float16),
        "joints3d": np.round([p.joints3d for p in pictures]).astype(np.int16),
        "visible": np.array([p.visible for p in pictures], bool),
        "focal": np.array([p.focal for p in pictures], np.float32),
        "root_z": np.array([p.root_z for p in pictures], np.float32),
        "source": np.array([p.source for p in pictures]),
        "people": np.array([p.people for p in pictures], np.int8),
        "up": np.array([p.up for p in pictures], np.float32),
    }


def _tar_path(out: Path, number: int) -> Path:
    return out / f"synth_{number:02d}.tar"


def _part_path(out: Path, number: int) -> Path:
    return out / "parts" / f"labels_{number:02d}.npz"


def _finished(out: Path, number: int, indices: range) -> bool:
    labels = _part_path(out, number)
    if not (labels.is_file() and _tar_path(out, number).is_file()):
        return False
    try:
        with np.load(labels) as part:
            return len(part["name"]) >= len(indices)
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):  # a lost power supply leaves such files
        labels.unlink()
        return False


def _description(materials: Materials, part_size: int) -> dict[str, object]:
    return {
        "recipe": RECIPE,
        "seed": materials.seed,
        "shard_size": part_size,
        "assets": digest(materials.assets) if materials.assets else "painted",
        "poses": [digest(path) for path in materials.poses],
        "mix": asdict(materials.mix),
    }
