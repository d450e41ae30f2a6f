"""Shards hold samples as they were, stream through a window, and come from anywhere fsspec reaches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_people import drawn_people, drawn_person
from sspnet_train.data.camera import Camera
from sspnet_train.data.catalog import open_split
from sspnet_train.data.definitions import coco_from_laboratory
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.data.sample_record import decode_sample, encode_sample
from sspnet_train.data.shards import shards, write_shards
from sspnet_train.errors import DataError


def test_a_sample_comes_back_as_it_was(tmp_path):
    sample = drawn_person(5)
    sample.camera, sample.action = Camera((300.0, 300.0), (80.0, 80.0), (0.1, 0.0, 0.0)), "Walking"
    write_shards(SampleSource("one", 1, lambda _: sample), tmp_path / "train")
    read = shards(tmp_path, "train")[0]
    for name in ("keypoints", "weight", "depth", "joints3d", "visible", "box"):
        np.testing.assert_allclose(getattr(read, name), getattr(sample, name), atol=1e-3)
    assert (read.camera, read.focal, read.root_z, read.action) == (sample.camera, 300.0, 4000.0, "Walking")
    assert np.abs(read.image.astype(int) - sample.image).mean() < 12


def test_shards_of_a_laboratory_are_read_with_the_joints_that_other_sets_have(tmp_path):
    laboratory = replace(drawn_people(4), definition="human36m")
    write_shards(laboratory, tmp_path / "train", per_shard=2)
    read = open_split("shards", tmp_path, "train", "coco")[3]
    for name in ("keypoints", "weight", "depth", "weight_depth", "joints3d"):
        wanted = getattr(coco_from_laboratory(laboratory[3]), name)
        np.testing.assert_allclose(getattr(read, name), wanted, atol=0.02)
    assert shards(tmp_path, "train").definition == "human36m"
    own = open_split("shards", tmp_path, "train", "human36m")[3]
    np.testing.assert_allclose(own.keypoints, laboratory[3].keypoints, atol=1e-3)


def test_what_has_no_label_stays_without(tmp_path):
    bare = Sample(np.zeros((40, 40, 3), np.uint8), np.array([0, 0, 40, 40.0]), np.zeros((17, 2)), np.zeros(17))
    write_shards(SampleSource("bare", 1, lambda _: bare), tmp_path / "train")
    read = shards(tmp_path, "train")[0]
    assert read.joints3d is None and read.visible is None and read.camera is None and read.root_z is None


def test_the_last_of_a_lone_row_of_shards_is_held_out(tmp_path):
    assert write_shards(drawn_people(10), tmp_path, per_shard=4) == 3
    assert (len(shards(tmp_path, "train")), len(shards(tmp_path, "val"))) == (8, 2)


def test_an_epoch_sees_every_shard_and_nearly_every_sample(tmp_path):
    write_shards(drawn_people(24), tmp_path / "train", per_shard=3)
    source, rng = shards(tmp_path, "train"), np.random.default_rng(0)
    assert source.choose is not None
    seen = [source.choose(rng, drawn) for drawn in range(24 * 4)]
    assert len(set(seen)) == 24
    window = {index // 3 for index in seen[:3]}
    assert len(window) <= 4


def test_the_order_depends_on_seed_and_step_alone(tmp_path):
    write_shards(drawn_people(12), tmp_path / "train", per_shard=3)
    first, second = shards(tmp_path, "train"), shards(tmp_path, "train")
    for drawn in (0, 7, 200):
        names = [source.draw(np.random.default_rng(drawn), drawn).name for source in (first, second)]
        assert names[0] == names[1]


def test_shards_stream_from_an_address(tmp_path):
    fsspec = pytest.importorskip("fsspec")
    write_shards(drawn_people(4), tmp_path / "train", per_shard=2)
    store = fsspec.filesystem("memory")
    for file in (tmp_path / "train").iterdir():
        store.pipe(f"/bucket/train/{file.name}", file.read_bytes())
    assert {shards("memory://bucket", "train")[i].name for i in range(4)} == {"0", "1", "2", "3"}
    with pytest.raises(DataError, match=r"expected index\.json"):
        shards("memory://bucket", "val")


def test_shards_whose_replacement_was_interrupted_are_not_read(tmp_path: Path):
    write_shards(drawn_people(6), tmp_path / "train", per_shard=2)
    new = drawn_people(6, first=100)

    def dies_at_the_fourth(index: int) -> Sample:
        if index == 3:
            raise KeyboardInterrupt
        return new[index]

    with pytest.raises(KeyboardInterrupt):
        write_shards(SampleSource("new", 6, dies_at_the_fourth), tmp_path / "train", per_shard=2)
    with pytest.raises(DataError, match=r"expected index\.json"):
        shards(tmp_path, "train")
    write_shards(new, tmp_path / "train", per_shard=2)
    assert [shards(tmp_path, "train")[i].name for i in range(6)] == [str(100 + i) for i in range(6)]


def test_a_shard_that_lost_samples_is_told(tmp_path: Path):
    write_shards(drawn_people(4), tmp_path / "train", per_shard=4)
    (tmp_path / "train/index.json").write_text('{"shard-00000.tar": 5}')
    with pytest.raises(DataError, match=r"shard-00000\.tar holds 4 samples and 4 pictures, index\.json says 5"):
        shards(tmp_path, "train")[0]


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("index.json", b'{"shard-0', "is not what write_shards leaves"),
        ("index.json", b"[]", "is not what write_shards leaves"),
        ("index.json", b'{"shard-00000.tar": "4", "shard-00001.tar": 4}', "is not what write_shards leaves"),
        ("index.json", b'{"shard-00000.tar": 4, "shard-00001.tar": 4, "definition": "mine"}', "is not what write_shards leaves"),
        ("shard-00000.tar", b"x" * 3000, "shard-00000.tar is damaged"),
        ("shard-00000.tar", None, "shard-00000.tar is missing"),
    ],
)
def test_what_a_broken_copy_left_is_told_in_one_line(tmp_path: Path, name: str, content: bytes | None, line: str):
    write_shards(drawn_people(8), tmp_path, 4)
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=line) as caught:
        shards(tmp_path, "train")[0]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("record", [b'{"box": [1', b"\xff", b"[]", b"{}", b"null"])
def test_a_damaged_record_of_a_shard_is_told_in_one_line(record: bytes):
    picture, whole = encode_sample(drawn_person(1))
    for damaged in (record, whole.replace(b'"box": [', b'"box": [1, ', 1)):
        with pytest.raises(DataError, match="a record of a shard is damaged") as caught:
            decode_sample(picture, damaged)
        assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="a picture of a shard is damaged"):
        decode_sample(b"", whole)


@pytest.mark.parametrize("address", ["s3://bucket/people", "nothing-like-it://bucket/people", "folder"])
def test_a_store_that_cannot_be_read_is_one_line_with_its_address(tmp_path, monkeypatch, address):
    fsspec = pytest.importorskip("fsspec")

    def without_its_package(address, mode):
        raise ImportError("Install s3fs to access S3")

    if address.startswith("s3"):
        monkeypatch.setattr(fsspec, "open", without_its_package)
    (tmp_path / "folder" / "index.json").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DataError, match=f"shards: {address}/.*index.json cannot be read: ") as told:
        shards(address, "train")

    assert "\n" not in str(told.value)
