"""Shipping a bundle: the checkpoints that come along borrow their weights from it, and nothing of them is lost."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from full_disk import files_end_at
from safetensors import safe_open
from safetensors.torch import save_file
from sspnet_export.errors import ExportError
from sspnet_export.ship import ship
from sspnet_train.errors import CheckpointError
from sspnet_train.network.borrowed import NOTE
from sspnet_train.network.shipped import shipped
from sspnet_train.network.weight_file import read_weights, write_weights

from sspnet_sdk.bundle import DEFAULT_BUNDLE
from sspnet_sdk.errors import SSPNetError

KINDS = {"edge": "checkpoint", "finder": "finder"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The checkpoints that come along, written out with every weight inside."""
    folder = tmp_path_factory.mktemp("whole")
    for name, kind in KINDS.items():
        write_weights(folder / f"{name}.safetensors", *read_weights(shipped(name), kind))
    return {name: folder / f"{name}.safetensors" for name in KINDS}


@pytest.fixture(scope="module")
def thin(whole, tmp_path_factory):
    folder = tmp_path_factory.mktemp("thin")
    ship(DEFAULT_BUNDLE, whole, folder)
    return {name: folder / f"{name}.safetensors" for name in KINDS}


@pytest.mark.parametrize("name", KINDS)
def test_a_thin_checkpoint_reads_as_the_whole_one_bit_by_bit(name, whole, thin):
    (weights, notes), (expected, said) = read_weights(thin[name], KINDS[name]), read_weights(whole[name], KINDS[name])
    assert notes == said and weights.keys() == expected.keys()
    assert all(torch.equal(weights[key], value) and weights[key].dtype == value.dtype for key, value in expected.items())
    assert thin[name].stat().st_size < 0.2 * whole[name].stat().st_size
    assert [path.name for path in thin[name].parent.glob(".*")] == []


def test_bundle_and_thin_checkpoints_leave_the_package_under_24_mb_and_its_weights_under_19(thin):
    files = [*DEFAULT_BUNDLE.iterdir(), *thin.values()]
    assert sum(path.stat().st_size for path in files) < 24e6
    assert (DEFAULT_BUNDLE / "weights.bin").stat().st_size <= 19e6


def test_another_bundle_than_it_borrowed_from_is_said_in_one_line(thin, tmp_path):
    other = tmp_path / "weights.bin"
    other.write_bytes(bytes(100))
    with pytest.raises(CheckpointError, match=r"edge\.safetensors: it borrows .* than the one here: install sspnet-sdk again"):
        read_weights(thin["edge"], "checkpoint", other)
    with pytest.raises(CheckpointError, match="default bundle, which cannot be read"):
        read_weights(thin["edge"], "checkpoint", tmp_path / "nowhere")


@pytest.mark.parametrize(
    "weights, reason",
    [
        ({"a": [0, [1 << 40]]}, "does not have"),
        ({"a": [-2, [1]]}, "does not have"),
        ({"a": [0, [-1, -4]]}, "does not have"),
        ({"a": [0, []]}, "does not have"),
        ({"a": [0.5, [4]]}, "malformed"),
        ({"a": ["0", [4]]}, "malformed"),
        ({"a": 0}, "malformed"),
        ([], "malformed"),
    ],
)
def test_hostile_notes_are_refused_in_one_line(thin, tmp_path, weights, reason):
    with safe_open(thin["edge"], "pt") as file:
        note = json.loads(file.metadata()[NOTE])
    save_file({"b": torch.zeros(4)}, tmp_path / "hostile.safetensors", {NOTE: json.dumps(note | {"weights": weights})})
    with pytest.raises(CheckpointError, match=reason):
        read_weights(tmp_path / "hostile.safetensors", "checkpoint")


@pytest.mark.parametrize("place, reason", [([0, [1 << 40, 1]], "does not have"), ([0, [3, 4]], "malformed"), ([0], "malformed")])
def test_hostile_notes_of_weights_in_eight_bits_are_refused_in_one_line(thin, tmp_path, place, reason):
    with safe_open(thin["finder"], "pt") as file:
        note = json.loads(file.metadata()[NOTE])
    save_file({"b": torch.zeros(4)}, tmp_path / "hostile.safetensors", {NOTE: json.dumps(note | {"eight_bits": {"b": place}})})
    with pytest.raises(CheckpointError, match=reason):
        read_weights(tmp_path / "hostile.safetensors", "finder")


def test_a_new_bundle_takes_the_place_of_the_default_one(whole, tmp_path):
    new, default, checkpoints = (tmp_path / name for name in ("new", "default", "checkpoints"))
    shutil.copytree(DEFAULT_BUNDLE, new)
    shutil.copytree(DEFAULT_BUNDLE, default)
    (default / "of_before.onnx").touch()
    lines = ship(new, whole, checkpoints, default)
    assert {path.name for path in default.iterdir()} == {path.name for path in new.iterdir()}
    assert [line.split()[1].rsplit("/")[-1] for line in lines] == ["edge.safetensors", "finder.safetensors"]


def test_a_full_disk_is_one_line_and_replaces_nothing(whole, tmp_path):
    default, checkpoints = tmp_path / "default", tmp_path / "checkpoints"
    default.mkdir()
    (default / "of_before.onnx").touch()
    for size in (1000, 3_000_000):  # checkpoints are written first; the bundle's weights are larger than both
        with files_end_at(size), pytest.raises(SSPNetError, match=r"^cannot write .*: file too large$"):
            ship(DEFAULT_BUNDLE, whole, checkpoints, default)
        assert sorted(tmp_path.rglob("*")) == [checkpoints, default, default / "of_before.onnx"]


def test_nothing_is_replaced_by_what_is_no_bundle_or_no_checkpoint(whole, tmp_path):
    with pytest.raises(ExportError):
        ship(tmp_path, whole, tmp_path / "checkpoints")
    with pytest.raises(CheckpointError):
        ship(DEFAULT_BUNDLE, whole | {"finder": tmp_path / "nowhere"}, tmp_path / "checkpoints")
    assert [path for path in (tmp_path / "checkpoints").glob("*")] == []
