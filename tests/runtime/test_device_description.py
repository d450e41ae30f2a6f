"""What a profile is kept under: another board, GPU or power mode is another device."""

import pytest

from sspnet_sdk import device
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.frame_rate.profile import Profile, Setting


@pytest.fixture
def jetson(tmp_path, monkeypatch):
    """The files by which a Jetson says what it is."""
    monkeypatch.setattr(device, "_ROOT", tmp_path)
    for path, text in {
        "proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit\0",
        "var/lib/nvpmodel/status": "pmode:0000\n",
        "proc/cpuinfo": "processor\t: 0\nmodel name\t: ARMv8 Processor rev 1 (v8l)\n",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def test_a_jetson_is_described_with_its_board_and_power_mode(jetson):
    described = device.describe_device()
    assert described["board"] == "NVIDIA Jetson Orin Nano Developer Kit"
    assert described["nvpmodel"] == "pmode:0000" and described["cpu"].startswith("ARMv8")


def test_another_power_mode_is_measured_anew(jetson, dot_bundle):
    setting = Setting("onnxruntime", "fp32", 64)
    bundle, measured = open_bundle(dot_bundle), []
    for mode in ("pmode:0000", "pmode:0000", "pmode:0002"):
        (jetson / "var/lib/nvpmodel/status").write_text(mode)
        Profile(bundle, threads=1).measure([setting], lambda one, mode=mode: measured.append(mode))
    assert measured == ["pmode:0000", "pmode:0002"]


def test_another_device_of_the_same_backend_is_another_setting():
    assert str(Setting("onnxruntime:cuda", "fp16", 256)) != str(Setting("onnxruntime", "fp16", 256))


def test_graphics_cards_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(device, "_ROOT", tmp_path)
    card = tmp_path / "proc/driver/nvidia/gpus/0000:01:00.0"
    card.mkdir(parents=True)
    (card / "information").write_text("Model: \t\t NVIDIA GeForce RTX 4070\nIRQ:   \t\t 78\n")
    assert device.describe_device()["gpus"] == "NVIDIA GeForce RTX 4070"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu,cpuacct/cpu.cfs_quota_us": "50000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
    ],
)
def test_a_containers_share_of_the_cpu_is_respected(files, cores, tmp_path, monkeypatch):
    for name, content in files.items():
        path = tmp_path / "sys" / "fs" / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    monkeypatch.setattr(device, "_ROOT", tmp_path)
    monkeypatch.setattr(device.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert device.usable_cores() == (cores or 4)
