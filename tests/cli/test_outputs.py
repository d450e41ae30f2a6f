"""What one run writes is complete or not there, whatever becomes of one of its files."""

import cv2
import numpy as np
import pytest

from sspnet_sdk import SSPNetError
from sspnet_sdk.cli import outputs
from sspnet_sdk.frame import Frame


class _Broken:
    """A writer whose end fails."""

    def __init__(self, error):
        self.files, self._error = [], error

    def write(self, frame):
        pass

    def close(self):
        raise self._error


@pytest.mark.parametrize("error", [IndexError("a mistake of ours"), SSPNetError("cannot write w.bvh")])
def test_a_file_that_fails_at_the_end_leaves_the_others_complete(error, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "open_writer", lambda *_, **__: _Broken(error))
    with (
        pytest.raises(type(error)),
        outputs.Outputs(tmp_path / "o.mp4", {"bvh": tmp_path / "w.bvh"}, several=False, video=True, fps=25) as written,
    ):
        written.write(Frame(np.zeros((48, 64, 3), np.uint8), "walk.mp4", 0, 0.0, ()))
    assert [path.name for path in tmp_path.iterdir()] == ["o.mp4"]
    assert cv2.VideoCapture(str(tmp_path / "o.mp4")).read()[0]


def test_a_mistake_of_ours_is_what_ends_the_run_and_other_errors_are_said(tmp_path, monkeypatch, capsys):
    errors = iter([IndexError("a mistake of ours"), SSPNetError("cannot write w.trc")])
    monkeypatch.setattr(outputs, "open_writer", lambda *_, **__: _Broken(next(errors)))
    with (
        pytest.raises(IndexError),
        outputs.Outputs(None, {name: tmp_path / name for name in ("bvh", "trc")}, several=False, video=True, fps=25) as written,
    ):
        written.write(Frame(np.zeros((48, 64, 3), np.uint8), "walk.mp4", 0, 0.0, ()))
    assert capsys.readouterr().err == "Error: cannot write w.trc\n"
