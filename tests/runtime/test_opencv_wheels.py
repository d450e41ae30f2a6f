"""OpenCV that is missing, in pieces, or does not load: one line with a command that works as given."""

import os
import subprocess
import sys

import pytest

from sspnet_sdk.system.opencv_check import DISTRIBUTIONS, check_opencv

TELL = "import sspnet_sdk\ntry:\n    sspnet_sdk.Estimator\nexcept sspnet_sdk.SSPNetError as error:\n    print(error)"
COMMAND = "from sspnet_sdk.cli.main import main; main(['predict', 'photo.jpg'], prog_name='sspnet-sdk')"


def _run(folder, code, hide=()):
    hidden = f"import importlib.metadata as m, sys; real = m.distributions; hide = {tuple(hide)!r}\n"
    hidden += "m.distributions = lambda: [d for d in real() if str(d.metadata['Name']).lower() not in hide]\n"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run([sys.executable, "-c", hidden + code], env=environment, capture_output=True, text=True, timeout=60)


def test_the_opencv_of_these_tests_is_whole():
    check_opencv()


def test_a_missing_opencv_is_one_line(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ModuleNotFoundError(\"No module named 'cv2'\", name='cv2')")
    told = _run(tmp_path, TELL, DISTRIBUTIONS)
    assert told.stdout.startswith("OpenCV is missing: pip install opencv-python-headless")
    command = _run(tmp_path, COMMAND, DISTRIBUTIONS)
    assert command.returncode == 1
    assert (
        command.stderr.startswith("Error: OpenCV is missing: pip install opencv-python-headless")
        and "Traceback" not in command.stderr
    )


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_what_is_left_when_one_of_two_wheels_is_removed_names_the_other(distribution, tmp_path):
    (tmp_path / "cv2").mkdir()
    (tmp_path / "cv2" / "__init__.py").write_text("")
    info = tmp_path / f"{distribution.replace('-', '_')}-4.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 4.9\n")
    told = _run(tmp_path, TELL, [name for name in DISTRIBUTIONS if name != distribution]).stdout
    assert told.strip().endswith(f"pip install --force-reinstall --no-deps {distribution}")


def test_a_library_of_the_system_that_is_missing_is_said(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')")
    assert "OpenCV does not load (libGL.so.1" in _run(tmp_path, TELL).stdout
