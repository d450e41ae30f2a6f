"""Options of `predict` that would have no effect are refused before anything is read or written."""

import pytest
from click.testing import CliRunner
from command_line import PHOTO

from sspnet_sdk import OptionError
from sspnet_sdk.cli.predict import command

SPACE = "--json, --csv, --parquet, --trc, --bvh or --rerun"


def refused(*arguments):
    error = CliRunner().invoke(command, list(map(str, arguments))).exception
    assert isinstance(error, OptionError), error
    return str(error)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--sound",), "--sound goes with a video's file: there is none"),
        (("--no-smooth",), "--no-smooth goes with videos and cameras"),
        (("--smoothing", "0.7"), "--smoothing goes with videos and cameras"),
        (("--as-video",), "--as-video goes with a folder of pictures"),
        (("--input-fps", "5", "--json", "a.jsonl"), "--input-fps goes with videos, or --trc or --bvh of pictures"),
        (("--reconnect", "5"), "--reconnect goes with cameras and addresses"),
        (("--people", "1", "--box", "10,10,90,90"), "give --people or --box, not both"),
        (("--camera", "600,600,320,240"), f"--camera goes with {SPACE}: name such a file"),
        (("--height", "1800", "--coco", "a.json"), "--height goes with --json, "),
        *(
            (("--trc", "a.trc", "--trc-units", "px", *option), f"{option[0]} is of millimetres, and --trc-units px writes none")
            for option in (("--rigid",), ("--floor", "auto"), ("--height", "1800"), ("--camera", "600,600,320,240"))
        ),
    ],
)
def test_of_a_picture(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in refused(PHOTO, *arguments)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "arguments", "words"),
    [
        ("-", ("--sound",), "--sound goes with a video's file"),
        ("0", ("--sound",), "--sound goes with a video's file"),
        ("frames", ("--as-video", "--sound"), "--sound goes with a video's file"),
        ("-", ("--reconnect", "5"), "--reconnect goes with cameras and addresses"),
        ("walk.mp4", ("--reconnect", "5"), "--reconnect goes with cameras and addresses"),
        ("walk.mp4", ("--as-video",), "--as-video goes with a folder of pictures"),
        ("walk.mp4", ("--no-smooth", "--smoothing", "0.7"), "give --smoothing or --no-smooth, not both"),
    ],
)
def test_of_a_video(source, arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "frames").mkdir()
    (tmp_path / "walk.mp4").touch()
    assert words in refused(source, *arguments)


def test_what_one_of_several_sources_needs_may_be_given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "walk.mp4").touch()
    given = ("--no-smooth", "--sound", "--people", "1", "--box", "10,10,90,90", "--cut", "3")
    assert "cut must be one of" in refused(PHOTO, "walk.mp4", *given)  # what comes last
