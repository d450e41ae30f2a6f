"""`sspnet-sdk synth`: the same people for the same seed, in parts that a killed run goes on with."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from sspnet_train.data.synth3d import synth3d
from sspnet_train.errors import TrainingError
from sspnet_train.synth import AssetError, GenerateError, generate, parse_mix
from sspnet_train.synth.assets import load_assets

from sspnet_sdk.cli.main import main

pytestmark = pytest.mark.usefixtures("studio")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("people")
    generate(4, out, 5, part_size=2)
    return out


def test_the_training_data_set_reads_what_was_rendered(folder) -> None:
    people = synth3d(folder, "train")
    labels = np.load(folder / "labels.npz")
    assert len(labels["name"]) == 4 and labels["shard"].tolist() == [0, 0, 1, 1]
    sample = people[0]
    assert sample.image.dtype == np.uint8 and min(sample.image.shape[:2]) >= 48
    assert sample.keypoints.shape == (28, 2) and sample.joints3d.shape == (28, 3)
    assert np.abs(sample.joints3d[0]).max() == 0 and 1500 < sample.root_z < 12000


def test_labels_can_be_read_while_pictures_are_still_made(tmp_path) -> None:
    counts = []

    def look(done: int, count: int) -> None:
        if done == 3:
            counts.append(len(synth3d(tmp_path, "train")))

    generate(3, tmp_path, 5, part_size=2, progress=look)
    assert counts == [2]


def test_labels_with_17_joints_and_labels_that_name_their_split_are_read_as_they_are(folder, tmp_path) -> None:
    labels = dict(np.load(folder / "labels.npz"))
    shutil.copytree(folder, tmp_path / "old", ignore=shutil.ignore_patterns("parts"))
    old = {name: labels[name][:, :17] if name in ("keypoints", "joints3d", "visible") else labels[name] for name in labels}
    np.savez(tmp_path / "old" / "labels.npz", **old, split=np.array(["train", "val", "val", "train"])[: len(labels["name"])])
    people = synth3d(tmp_path / "old", "val")
    assert [people[0].name, people[1].name] == labels["name"][1:3].tolist()
    assert people[0].keypoints.shape == (17, 2) and people[0].weight.shape == (17,)


def test_scenes_of_another_mix_are_not_added(folder) -> None:
    with pytest.raises(GenerateError, match="made with other mix"):
        generate(4, folder, 5, mix=parse_mix(["tilted=1"]), part_size=2)


def test_a_killed_run_goes_on_to_the_same_bytes(folder) -> None:
    tars = {path.name: path.read_bytes() for path in folder.glob("*.tar")}
    (folder / "parts" / "labels_01.npz").unlink()
    (folder / "synth_01.tar").write_bytes(b"half a part")
    generate(4, folder, 5, part_size=2)
    assert {path.name: path.read_bytes() for path in folder.glob("*.tar")} == tars
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("content", [b"", b"PK half a part"])
def test_a_part_that_a_lost_power_supply_spoiled_is_made_again(folder, tmp_path, content) -> None:
    out = shutil.copytree(folder, tmp_path / "people")
    (out / "parts" / "labels_01.npz").write_bytes(content)
    generate(4, out, 5, part_size=2)
    for name, values in np.load(folder / "labels.npz").items():
        np.testing.assert_array_equal(np.load(out / "labels.npz")[name], values)
    (out / "parts" / "run.json").write_bytes(content)
    with pytest.raises(TrainingError, match=r"run\.json is damaged"):
        generate(4, out, 5, part_size=2)


def test_a_larger_count_adds_to_what_is_there(folder, tmp_path) -> None:
    out = shutil.copytree(folder, tmp_path / "people")
    before = (out / "synth_00.tar").stat().st_mtime_ns, np.load(out / "labels.npz")["keypoints"]
    seen = []
    generate(5, out, 5, part_size=2, progress=lambda done, count: seen.append((done, count)))
    assert (out / "synth_00.tar").stat().st_mtime_ns == before[0]
    np.testing.assert_array_equal(np.load(out / "labels.npz")["keypoints"][:4], before[1])
    assert seen == [(4, 5), (5, 5)]


def test_a_smaller_count_takes_nothing_away(folder, tmp_path) -> None:
    out = shutil.copytree(folder, tmp_path / "people")
    before = {path.name: path.read_bytes() for path in out.glob("*.tar")}
    names = np.load(out / "labels.npz")["name"].tolist()
    for count in (3, 1):
        generate(count, out, 5, part_size=2)
        assert {path.name: path.read_bytes() for path in out.glob("*.tar")} == before
        assert np.load(out / "labels.npz")["name"].tolist() == names


def test_pictures_of_two_seeds_are_not_mixed_in_one_folder(folder) -> None:
    with pytest.raises(GenerateError, match="made with other seed"):
        generate(4, folder, 6, part_size=2)


def test_assets_that_cannot_be_used_are_named(tmp_path) -> None:
    with pytest.raises(AssetError, match="no folder of assets"):
        load_assets(tmp_path / "nowhere")
    with pytest.raises(AssetError, match="neither backgrounds/ nor cloth/"):
        load_assets(tmp_path)
    (tmp_path / "backgrounds").mkdir()
    (tmp_path / "backgrounds" / "a.png").write_bytes(b"no picture")
    with pytest.raises(AssetError, match=r"a\.png is not a readable picture"):
        load_assets(tmp_path)


def test_the_command_line_says_in_one_line_what_is_wrong(tmp_path) -> None:
    result = CliRunner().invoke(main, ["synth", "--count", "1", "--out", str(tmp_path / "o"), "--assets", str(tmp_path / "no")])
    assert result.exit_code == 1
    assert "no folder of assets" in result.output
