"""Engines: what is installed, what is not, and engines that fail."""

import threading

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, OptionError
from sspnet_sdk.backends import check_backend, installed, load


def test_installed_engines_come_with_their_version(backend):
    assert installed()[backend][0].isdigit()
    assert load(backend).name == backend


def test_a_missing_engine_says_how_to_install_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "sspnet_sdk.backends.openvino", raising=False)
    with pytest.raises(BackendError, match=r"openvino.*pip install 'sspnet-sdk\[openvino\]'"):
        load("openvino")


def test_an_engine_that_is_installed_but_does_not_load_is_passed_over(dot_bundle, tmp_path, measured, monkeypatch, caplog):
    import sys

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "sspnet_sdk.backends.openvino", raising=False)
    assert measured(Estimator(dot_bundle)).backend == "onnxruntime"
    assert "passing over" in caplog.text


def test_auto_takes_an_engine_by_measurement_and_logs_why(dot_bundle, measured, caplog):
    with caplog.at_level("INFO", "sspnet_sdk"):
        chosen = measured(Estimator(dot_bundle)).backend
    assert chosen in installed()
    assert f"backend {chosen}: fastest here" in caplog.text


def test_names_of_engines_are_checked():
    assert check_backend("auto") == "auto"
    with pytest.raises(OptionError, match="onnxruntime"):
        check_backend("torch")


def test_an_engine_that_fails_in_a_run_keeps_its_words_in_one_line(dot_bundle, backend):
    session = load(backend).open(dot_bundle / "64/stage_2.onnx", 1, "fp32")
    with pytest.raises(BackendError) as caught:
        session.run({"image": np.zeros((1, 32, 32, 3), np.uint8)})
    assert "\n" not in str(caught.value) and len(str(caught.value)) > 30
    with pytest.raises(BackendError):
        session.run({"nonsense": np.zeros((1, 64, 64, 3), np.uint8)})
    assert session.run({"image": np.zeros((1, 64, 64, 3), np.uint8)})["pose_2"].shape == (1, 17, 4)
    session.close()
    with pytest.raises(BackendError, match="closed"):
        session.run({"image": np.zeros((1, 64, 64, 3), np.uint8)})


def _fake_library(folder, distribution, content):
    """A module onnxruntime of `content`, installed under the name `distribution`."""
    (folder / "onnxruntime").mkdir()
    if content is not None:
        (folder / "onnxruntime" / "__init__.py").write_text(content)
    info = folder / f"{distribution.replace('-', '_')}-9.9.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9.9\n")


def _ask(folder, code):
    """What `code` prints where only that library is found first."""
    import os
    import subprocess
    import sys

    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60).stdout


def test_a_run_reads_its_inputs_as_they_are_now_and_leaves_earlier_answers_alone(dot_bundle, dot_image, backend):
    session = load(backend).open(dot_bundle / "64/stage_2.onnx", 1, "fp32")
    dot = np.ascontiguousarray(dot_image(20, 30, 64, 64)[None, :, :, ::-1])
    same = np.zeros_like(dot)
    nothing = session.run({"image": same})["pose_2"]
    before = nothing.copy()
    same[:] = dot
    seen = session.run({"image": same})["pose_2"]
    assert np.array_equal(session.run({"image": dot.copy()})["pose_2"], seen) and not np.array_equal(seen, before)
    assert np.array_equal(nothing, before)


@pytest.mark.parametrize(
    "distribution", ["onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml", "onnxruntime-of-ours"]
)
def test_onnx_runtime_is_found_under_every_name_it_is_published_by(distribution, tmp_path):
    _fake_library(tmp_path, distribution, "__version__ = '9.9'")
    hide = "import importlib.metadata as m; real = m.version\n"
    hide += "def version(name):\n    if name == 'onnxruntime': raise m.PackageNotFoundError(name)\n    return real(name)\n"
    hide += "m.version = version\n"
    told = _ask(tmp_path, hide + "from sspnet_sdk.backends import installed; print(installed()['onnxruntime'])")
    assert told.strip() == ("of unknown version" if distribution == "onnxruntime-of-ours" else "9.9")


@pytest.mark.parametrize("content", [None, "raise AttributeError('half of it')"])
def test_what_two_builds_left_of_each_other_is_said_with_its_cure(content, tmp_path):
    _fake_library(tmp_path, "onnxruntime-gpu", content)
    code = "import sys; sys.path[:] = [p for p in sys.path if p]\nfrom sspnet_sdk.backends import load\n"
    if content is None:  # what is left is a folder without a file of its own
        code = "import sys, types; sys.modules['onnxruntime'] = types.ModuleType('onnxruntime')\n" + code
    told = _ask(
        tmp_path, code + "try:\n    load('onnxruntime')\nexcept Exception as error:\n    print(type(error).__name__, error)"
    )
    assert told.startswith("BackendError the backend onnxruntime is only partly there")
    assert "pip install --force-reinstall --no-deps onnxruntime" in told


def test_what_a_program_prints_while_an_engine_opens_in_the_background_is_not_lost(capsys):
    from sspnet_sdk.backends.onnxruntime import quiet

    opening, printed = threading.Event(), threading.Event()

    def open_an_engine():
        with quiet():
            print("the library's own words")
            opening.set()
            printed.wait(10)

    surveyor = threading.Thread(target=open_an_engine)
    surveyor.start()
    assert opening.wait(10)
    print("the program's words", flush=True)
    printed.set()
    surveyor.join()
    print("and later ones")
    assert capsys.readouterr().out == "the program's words\nand later ones\n"


def test_a_program_that_prints_while_engines_open_in_the_background_goes_on(tmp_path):
    """Python's own `print` holds no reference to what it writes to: an output that is put there for a while must not be freed."""
    code = "import sys, threading, time\nfrom sspnet_sdk.backends.onnxruntime import quiet\nsys.setswitchinterval(1e-6)\n"
    code += "end = time.monotonic() + 3\n"
    code += "def open_engines():\n    while time.monotonic() < end:\n        with quiet():\n            pass\n"
    code += "threads = [threading.Thread(target=open_engines) for _ in range(2)]\n"
    code += "for thread in threads:\n    thread.start()\n"
    code += "while time.monotonic() < end:\n    print('frame', 'after', 'frame', flush=True)\n"
    code += "for thread in threads:\n    thread.join()\nprint('the end')\n"
    assert _ask(tmp_path, code).endswith("the end\n")
