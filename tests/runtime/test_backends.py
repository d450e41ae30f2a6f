"""Engines: what is installed, what is not, and engines that fail."""

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


def test_an_engine_that_is_installed_but_does_not_load_is_passed_over(dot_bundle, monkeypatch, caplog):
    import sys

    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.delitem(sys.modules, "sspnet_sdk.backends.openvino", raising=False)
    assert Estimator(dot_bundle).backend == "onnxruntime"
    assert "passing over" in caplog.text


def test_auto_takes_an_engine_by_measurement_and_logs_why(dot_bundle, caplog):
    with caplog.at_level("INFO", "sspnet_sdk"):
        chosen = Estimator(dot_bundle).backend
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
