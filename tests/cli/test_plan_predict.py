"""Where results of several sources go: no file of one replaces a file of another."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from sspnet_sdk import OptionError
from sspnet_sdk.cli.plan_predict import plan
from sspnet_sdk.formats.motion import Motion, file_of

NOTHING = np.zeros(0)


def _people(path):
    """The files of three people in two stretches each, sure ones and guesses."""
    for person, part, unsure in product(range(3), range(2), (False, True)):
        yield file_of(path, Motion(person, part, unsure, NOTHING, NOTHING, NOTHING, None, NOTHING, NOTHING))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["a/walk", "b/walk", "c/walk"], ["walk", "walk-2", "walk-3"]),
        (["walk.2", "walk"], ["walk.2-2", "walk"]),
        (["walk", "walk.part2", "walk.2.unsure"], ["walk", "walk.part2-2", "walk.2.unsure-2"]),
        (["a/walk", "b/walk", "walk-2", "walk-2.2"], ["walk", "walk-2", "walk-2-2", "walk-2.2-2"]),
        (["walk.2", "run", "2026.05.01"], ["walk.2", "run", "2026.05.01"]),
    ],
)
@pytest.mark.parametrize("kind", ["trc", "bvh"])
def test_no_person_of_one_video_has_the_file_of_another(kind, names, wanted, tmp_path):
    videos = [tmp_path / f"{name}.mp4" for name in names]
    for video in videos:
        video.parent.mkdir(exist_ok=True)
        video.touch()
    paths = [job.targets[kind] for job in plan([str(video) for video in videos], None, {kind: tmp_path / "out"})]
    assert [path.name for path in paths] == [f"{name}.{kind}" for name in wanted]
    files = [file for path in paths for file in _people(path)]
    assert len(files) == len(set(files)) == 12 * len(paths)


def test_pictures_beside_videos_keep_their_files_too(tmp_path):
    (tmp_path / "photo.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    for name in ("pictures", "pictures.2"):
        (tmp_path / f"{name}.mp4").touch()
    sources = [str(tmp_path / name) for name in ("photo.png", "pictures.mp4", "pictures.2.mp4")]
    paths = [job.targets["trc"] for job in plan(sources, None, {"trc": tmp_path / "out"})]
    assert [path.name for path in paths] == ["pictures.trc", "pictures-2.trc", "pictures.2-2.trc"]


def test_the_viewer_is_no_folder_for_recordings(tmp_path):
    videos = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    for video in videos:
        video.touch()
    assert plan([str(videos[0])], None, {"rerun": Path("viewer")})[0].targets == {"rerun": Path("viewer")}
    with pytest.raises(OptionError, match="--rerun viewer shows one source at a time"):
        plan([str(video) for video in videos], None, {"rerun": Path("viewer")})


@pytest.mark.parametrize("other", ["{folder}/out.txt", "link.txt", "sub/../out.txt"])
def test_two_names_of_one_file_are_one_file(other, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walk.mp4").touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.txt").symlink_to("out.txt")
    targets = {"json": Path("out.txt"), "csv": Path(other.format(folder=tmp_path))}
    with pytest.raises(OptionError, match=r"two results would go to out\.txt"):
        plan(["walk.mp4"], None, targets)
