"""The device that runs the network: names, the choice among what is here, providers and their options."""

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, OptionError
from sspnet_sdk.backends import BACKENDS, load, module, split
from sspnet_sdk.backends.choice import DEVICES, check_device, engines
from sspnet_sdk.backends.providers import NAMES, PACKAGES, providers
from sspnet_sdk.cli import options

EVERYTHING = {"onnxruntime": ("cpu", "cuda", "tensorrt"), "openvino": ("cpu", "gpu", "npu")}
ONLY_CPU = {"onnxruntime": ("cpu",), "openvino": ("cpu",)}


@pytest.fixture(autouse=True)
def both_backends():
    for name in BACKENDS:
        pytest.importorskip(name)


@pytest.mark.parametrize(
    ("backend", "device", "found", "expected"),
    [
        ("auto", "auto", ONLY_CPU, ["onnxruntime", "openvino"]),
        ("auto", "auto", EVERYTHING, ["onnxruntime", "openvino", "onnxruntime:cuda"]),
        ("auto", "cpu", EVERYTHING, ["onnxruntime", "openvino"]),
        ("auto", "gpu", EVERYTHING, ["onnxruntime:cuda", "openvino:gpu"]),
        ("auto", "gpu", {**ONLY_CPU, "openvino": ("cpu", "gpu")}, ["openvino:gpu"]),
        ("auto", "npu", EVERYTHING, ["openvino:npu"]),
        ("auto", "tensorrt", EVERYTHING, ["onnxruntime:tensorrt"]),
        ("onnxruntime", "auto", ONLY_CPU, ["onnxruntime"]),
        ("onnxruntime", "gpu", EVERYTHING, ["onnxruntime:cuda"]),
        ("openvino", "auto", EVERYTHING, ["openvino"]),
        ("openvino", "gpu", EVERYTHING, ["openvino:gpu"]),
    ],
)
def test_a_device_is_chosen_among_what_is_here(backend, device, found, expected):
    assert engines(backend, device, found.__getitem__) == expected


def test_what_is_here_and_what_is_not_is_logged(caplog):
    with caplog.at_level("INFO", "sspnet_sdk"):
        engines("auto", "gpu", {**ONLY_CPU, "openvino": ("cpu", "gpu")}.__getitem__)
    assert "device gpu: openvino:gpu here" in caplog.text
    assert "CUDAExecutionProvider" in caplog.text


def test_a_device_that_is_not_here_says_what_is_and_what_to_install():
    with pytest.raises(BackendError) as caught:
        engines("auto", "cuda", ONLY_CPU.__getitem__)
    for words in ("device 'cuda'", "CPUExecutionProvider", "not CUDAExecutionProvider", "onnxruntime-gpu"):
        assert words in str(caught.value)
    with pytest.raises(BackendError, match=r"'npu'.*OpenVINO .* finds CPU, no NPU.*driver"):
        engines("auto", "npu", ONLY_CPU.__getitem__)


def test_the_estimator_says_it_in_one_line(dot_bundle):
    device = next(name for name in ("directml", "coreml", "cuda") if name not in module("onnxruntime").devices())
    with pytest.raises(BackendError, match=f"device '{device}' is not available here.*pip install") as caught:
        Estimator(dot_bundle, device=device)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", [None, "CUDA", "cuda:0", 0, "tpu", ["cpu"]])
def test_a_device_of_another_name_is_refused_with_those_that_are(dot_bundle, device):
    with pytest.raises(OptionError, match=r"device must be 'auto', 'cpu', 'gpu', 'npu', 'cuda'"):
        Estimator(dot_bundle, device=device)


def test_a_backend_that_never_has_the_device_is_refused():
    with pytest.raises(OptionError, match=r"the backend openvino has no device 'cuda': choose 'auto', 'cpu', 'gpu', 'npu'"):
        engines("openvino", "cuda")
    with pytest.raises(OptionError, match=r"onnxruntime has no device 'npu'"):
        engines("onnxruntime", "npu")


def test_the_cpu_can_be_asked_for_by_name(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend, device="cpu")
    assert (estimator.backend, estimator.device) == (backend, "cpu")
    assert np.allclose(estimator.predict(dot_image(150, 110), (60, 40, 200, 160)).keypoints[0], (150, 110), atol=0.1)


def test_the_command_line_offers_the_same_devices():
    assert options.DEVICES == DEVICES
    assert all(check_device(name) == name for name in DEVICES)
    assert set(NAMES) == set(PACKAGES) <= set(DEVICES)


def test_libraries_see_at_least_the_cpu():
    assert all("cpu" in module(name).devices() for name in BACKENDS)
    assert module("onnxruntime").devices_of(["TensorrtExecutionProvider", "CPUExecutionProvider"]) == ("cpu", "tensorrt")
    assert module("openvino").devices_of(["CPU", "GPU.0", "GPU.1", "NPU"]) == ("cpu", "gpu", "npu")


def test_each_device_has_its_provider_first_and_the_cpu_last(dot_bundle, tmp_path):
    model = dot_bundle / "64" / "stage_2.onnx"
    for device, provider in NAMES.items():
        chain = providers(device, "fp32", model, tmp_path)
        assert (chain[0][0], chain[-1][0]) == (provider, "CPUExecutionProvider")
        assert all(isinstance(value, str) for _, table in chain for value in table.values())
    assert [name for name, _ in providers("tensorrt", "fp32", model, None)][1] == NAMES["cuda"]


def test_fp32_stays_fp32_and_lower_precisions_may_use_what_the_device_has(dot_bundle, tmp_path):
    model = dot_bundle / "64" / "stage_2.onnx"
    assert providers("cuda", "fp32", model, None)[0][1]["use_tf32"] == "0"
    tensorrt = {name: providers("tensorrt", name, model, None)[0][1] for name in ("fp32", "fp16", "int8")}
    switches = {name: (table["trt_fp16_enable"], table["trt_int8_enable"]) for name, table in tensorrt.items()}
    assert switches == {"fp32": ("False", "False"), "fp16": ("True", "False"), "int8": ("True", "True")}
    settings = module("openvino").settings
    assert settings("gpu", 2, "fp32") == {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    assert settings("npu", 2, "fp32") == {"PERFORMANCE_HINT": "LATENCY"}
    for precision in ("fp32", "int8"):
        on_cpu = settings("cpu", 2, precision)
        assert on_cpu["INFERENCE_NUM_THREADS"] == 2 and on_cpu["INFERENCE_PRECISION_HINT"] == "f32"


def test_openvino_pins_threads_only_where_they_fill_the_cores(monkeypatch):
    engine = module("openvino")
    monkeypatch.setattr(engine, "default_threads", lambda: 4)
    assert [engine.settings("cpu", threads, "fp32")["ENABLE_CPU_PINNING"] for threads in (1, 2, 4)] == [False, False, True]


def test_tensorrt_keeps_engines_apart_by_the_weights_not_by_the_names_in_a_graph(dot_bundle, tmp_path):
    places = []
    for number, weights in enumerate((b"one", b"one", b"two")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "stage.onnx").write_bytes((dot_bundle / "64" / "stage_2.onnx").read_bytes())
        (folder / "weights.bin").write_bytes(weights)
        table = providers("tensorrt", "fp32", folder / "stage.onnx", tmp_path / "cache")[0][1]
        assert table["trt_timing_cache_path"] == str(tmp_path / "cache")
        places.append(table["trt_engine_cache_path"])
    assert places[0] == places[1] != places[2]


def test_features_that_stay_in_the_devices_memory_give_the_same_answers(dot_bundle):
    """What CUDA runs, with the CPU's memory as the device's."""
    import onnxruntime as ort

    from sspnet_sdk.backends.onnxruntime import BoundSession

    image = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3), np.uint8)
    answers = []
    for wrap in (lambda path: load("onnxruntime").open(path, 1, "fp32"), lambda path: _bound(ort, BoundSession, path)):
        first, second = (wrap(dot_bundle / "64" / f"stage_{cut}.onnx") for cut in (2, 4))
        tensors = {"image": image, **first.run({"image": image})}
        kept = tensors["pose_2"]
        needed = [value.name for value in second._session.get_inputs()]
        tensors |= second.run({name: tensors[name] for name in needed})
        first.run({"image": 255 - image})
        answers.append((kept, tensors["pose_4"]))
        assert any(not isinstance(value, np.ndarray) for value in tensors.values()) == (wrap.__code__.co_names[0] == "_bound")
    for plain, bound in zip(*answers, strict=True):
        assert isinstance(bound, np.ndarray) and np.array_equal(plain, bound)


def _bound(ort, session, path):
    return session(ort.InferenceSession(str(path), providers=["CPUExecutionProvider"]), "cpu")


def test_a_provider_that_does_not_start_is_an_error_not_a_silent_cpu(dot_bundle, monkeypatch):
    """onnxruntime-gpu without CUDA's libraries falls back by itself; a provider that this build lacks does just that."""
    lacking = next(name for name in ("directml", "coreml", "cuda") if name not in module("onnxruntime").devices())
    with pytest.raises(BackendError, match="does not start here") as caught:
        load(f"onnxruntime:{lacking}").open(dot_bundle / "64" / "stage_2.onnx", 1, "fp32")
    assert "\n" not in str(caught.value)


def test_an_engine_is_named_by_backend_and_device():
    assert [split(name) for name in ("onnxruntime", "openvino:npu")] == [("onnxruntime", "cpu"), ("openvino", "npu")]


@pytest.mark.gpu
@pytest.mark.parametrize("device", ["cuda", "tensorrt"])
def test_a_gpu_gives_the_answers_of_the_cpu(dot_bundle, dot_image, device):
    image = dot_image(150, 110)
    cpu, gpu = (Estimator(dot_bundle, backend="onnxruntime", device=name).predict(image) for name in ("cpu", device))
    assert np.abs(cpu.keypoints - gpu.keypoints).max() < 0.1
