"""Sequences as files: `python -m sspnet_train.synth.sequence_files walk.mp4 --play across`, with the truth in walk.npz."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import click
import numpy as np

from sspnet_train.data.job_files import save_arrays
from sspnet_train.errors import one_line
from sspnet_train.synth.assets import load_assets
from sspnet_train.synth.body_data import load_bodies
from sspnet_train.synth.people import People
from sspnet_train.synth.plays import PLAYS
from sspnet_train.synth.pose_sampling import PoseSampler
from sspnet_train.synth.render import Renderer
from sspnet_train.synth.sequences import Frame, Sequence, SequenceError, Shot
from sspnet_train.whole_file import whole_file

QUALITY = 18
"""H.264's constant rate factor: 0 is lossless, 18 hard to tell from it, 28 small."""
SUPERSAMPLED = 1.5


def open_sequence(shot: Shot, seed: int, assets: Path | None = None, panorama: str | None = None) -> Sequence:
    """A sequence with a renderer of its own.

    Args:
        shot: how it is filmed.
        seed: decides everything else.
        assets: folder of `load_assets`; None paints them.
        panorama: name of one of them; None takes any.

    Raises:
        SequenceError: there is no such panorama or play.
        AssetError: the folder cannot be used.
        BodyModelError: the body model is missing.
        RenderError: there is no OpenGL.
    """
    loaded = load_assets(assets)
    chosen = next((known for known in loaded.panoramas if known.name == panorama), None)
    if panorama and chosen is None:
        raise SequenceError(
            f"there is no panorama called {panorama!r}; choose from {', '.join(p.name for p in loaded.panoramas)}"
        )
    people = People(load_bodies(), PoseSampler(), loaded)
    return Sequence(shot, people, loaded, Renderer(loaded.cloth, round(SUPERSAMPLED * shot.size[0])), seed, chosen)


def write_sequence(
    sequence: Sequence, video: Path, quality: int = QUALITY, progress: Callable[[int], None] | None = None
) -> Path:
    """Write the video (H.264, an even width and height) and, beside it, its truth.

    Per frame F and person P, people always in the same order, the .npz holds keypoints (F, P, 28, 2) pixels, joints3d_camera
    (F, P, 28, 3) mm, visible (F, P, 28), box (F, P, 4) and on_floor (F, P, 2). Once it holds fps, camera (3, 3), up (3,) and
    floor (3,) mm: the floor's normal and a point on it in the camera's axes.

    Returns:
        The truth's path.

    Raises:
        SequenceError: the video cannot be written.
    """
    with whole_file(video) as partial:
        frames = _encode(sequence, partial, quality, progress)
    truth = {
        name: np.stack([getattr(frame, name) for frame in frames])
        for name in ("keypoints", "joints3d_camera", "visible", "box", "on_floor")
    }
    once = {"fps": np.array(sequence.shot.fps), "camera": sequence.camera, "up": sequence.up, "floor": sequence.floor}
    path = video.with_suffix(".npz")
    save_arrays(path, {**{name: _compact(values) for name, values in truth.items()}, **once})
    return path


def _encode(sequence: Sequence, path: Path, quality: int, progress: Callable[[int], None] | None) -> list[Frame]:
    """Write the frames. They come back without their pictures."""
    import av

    frames = []
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(sequence.shot.fps).limit_denominator(1001))
        stream.width, stream.height = sequence.shot.size
        stream.pix_fmt, stream.options = "yuv420p", {"crf": str(quality), "preset": "slow"}
        for frame in sequence:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame.image, format="rgb24")))
            frames.append(frame.without_image())
            if progress:
                progress(len(frames))
        container.mux(stream.encode())
    return frames


def _compact(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) if values.dtype == np.float64 else values


def _size(_context: click.Context, _parameter: click.Parameter, word: str) -> tuple[int, int]:
    width, _, height = word.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) % 2 == int(height) % 2 == 0):
        raise click.BadParameter(f"expected even WIDTHxHEIGHT such as 640x480, got {word!r}")
    return int(width), int(height)


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("--play", type=click.Choice(list(PLAYS)), default="across", show_default=True, help="What happens.")
@click.option("--seconds", type=float, default=4.0, show_default=True)
@click.option("--fps", type=float, default=30.0, show_default=True)
@click.option("--size", default="640x480", show_default=True, callback=_size, help="WIDTHxHEIGHT, no higher than wide.")
@click.option("--distance", type=float, default=Shot.distance_m, show_default=True, help="Metres from the camera to the middle.")
@click.option("--height", type=float, default=Shot.height_m, show_default=True, help="Metres of the camera above the floor.")
@click.option("--roll", type=float, default=0.0, show_default=True, help="Degrees by which the camera is rolled.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The same seed gives the same video.")
@click.option("--assets", type=click.Path(path_type=Path), help="Folder with backgrounds/ and cloth/.  [default: painted ones]")
@click.option("--panorama", help="Name of the panorama that stands behind.  [default: by the seed]")
@click.option(
    "--quality", type=click.IntRange(0, 51), default=QUALITY, show_default=True, help="H.264's rate factor; less is better."
)
@one_line()
def main(
    video: Path, play: str, seconds: float, fps: float, size: tuple[int, int], distance: float, height: float, roll: float,
    seed: int, assets: Path | None, panorama: str | None, quality: int,
) -> None:  # fmt: skip
    """Render a short video of people, VIDEO (.mp4), with exact joints beside it (.npz)."""
    sequence = open_sequence(Shot(play, seconds, fps, size, distance, height, roll), seed, assets, panorama)
    with click.progressbar(length=len(sequence), label="rendering") as bar:
        truth = write_sequence(sequence, video, quality, lambda done: bar.update(done - bar.pos))
    click.echo(f"wrote {video} and {truth}", err=True)


if __name__ == "__main__":
    main()
