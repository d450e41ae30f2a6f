"""Nothing wrong is exported, and nothing is lost or left half written."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from full_disk import files_end_at
from sspnet_export.errors import ExportError
from sspnet_export.folder import written_whole
from sspnet_export.network import verify_network
from sspnet_export.write_bundle import export_bundle
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import CONFIGS, SSPNet

from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.errors import SSPNetError


def refused(match, checkpoint, out, **options):
    with pytest.raises(ExportError, match=match) as error:
        export_bundle(checkpoint, out=out, **options)
    assert isinstance(error.value, SSPNetError) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"cuts": [9]}, "cuts must be distinct pyramids from 1 to 4, got 9"),
        ({"cuts": [0, 2]}, "got 0, 2"),
        ({"cuts": [2, 2]}, "distinct"),
        ({"cuts": []}, "got none"),
        ({"cuts": [4], "sizes": [100]}, "multiples of 64"),
        ({"cuts": [4], "sizes": [-64]}, "multiples of 64"),
        ({"cuts": [4], "sizes": []}, "got none"),
        ({"cuts": [4], "precisions": ["fp7"]}, "precision must be one of .*, got 'fp7'"),
    ],
    ids=str,
)
def test_options_without_meaning_are_named(tiny, tmp_path, options, match):
    refused(match, tiny.checkpoint, tmp_path / "out", **options)
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_that_cannot_be_read_are_named(tmp_path):
    refused("no checkpoint at", tmp_path / "none.safetensors", tmp_path / "out")
    (tmp_path / "text.safetensors").write_text("hello")
    refused("text.safetensors is not a", tmp_path / "text.safetensors", tmp_path / "out")


def test_a_checkpoint_with_other_joints_or_garbled_notes_is_refused(tmp_path):
    config = CONFIGS["tiny"]
    save_checkpoint(tmp_path / "c.safetensors", config, SSPNet(config).state_dict(), {"training_data": "{"})
    refused("training_data", tmp_path / "c.safetensors", tmp_path / "out", cuts=[1], sizes=[64])
    config = type(config).from_dict({**config.to_dict(), "joints": 16})
    save_checkpoint(tmp_path / "c.safetensors", config, SSPNet(config).state_dict())
    refused("has 16 joints", tmp_path / "c.safetensors", tmp_path / "out", cuts=[1], sizes=[64])


def test_a_folder_that_is_no_bundle_is_not_touched(tiny, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(b"dear")
    refused("exists and is not a bundle", tiny.checkpoint, tmp_path / "photos", cuts=[4])
    (tmp_path / "file").write_text("dear")
    refused("exists and is not a bundle", tiny.checkpoint, tmp_path / "file", cuts=[4])
    assert (tmp_path / "photos" / "one.jpg").read_bytes() == b"dear" and (tmp_path / "file").read_text() == "dear"


@pytest.mark.parametrize("name", ["checkpoint.safetensors", "notes/why.txt"])
def test_what_somebody_put_into_a_bundle_is_not_lost(tiny, tmp_path, name):
    shutil.copytree(tiny.folder, tmp_path / "bundle")
    (tmp_path / "bundle" / name).parent.mkdir(exist_ok=True)
    (tmp_path / "bundle" / name).write_text("dear")
    (tmp_path / "bundle" / ".DS_Store").touch()
    refused(f"bundle holds {name}, which is no part of a bundle", tiny.checkpoint, tmp_path / "bundle", cuts=[4])
    assert (tmp_path / "bundle" / name).read_text() == "dear"


def test_the_folder_that_somebody_works_in_is_not_replaced(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused("is the folder that you work in", tiny.checkpoint, Path("."), cuts=[4])


@pytest.mark.parametrize("there", [False, True])
def test_a_link_stays_a_link_and_leads_to_the_new_bundle(tmp_path, there):
    if there:
        (tmp_path / "versions" / "3").mkdir(parents=True)
    link = tmp_path / "bundle"
    link.symlink_to(Path("versions") / "3")
    for name in ("first", "second"):
        with written_whole(link) as folder:
            (folder / name).touch()
    assert link.is_symlink() and [path.name for path in (tmp_path / "versions" / "3").iterdir()] == ["second"]
    assert {path.name for path in tmp_path.iterdir()} == {"bundle", "versions"}


def test_graphs_that_differ_from_pytorch_are_refused(tiny):
    other = SSPNet(CONFIGS["tiny"]).eval()
    with pytest.raises(ExportError, match=r"differs from PyTorch by more than 1e-04: 128 px onnxruntime +full +pose_1"):
        list(verify_network(open_bundle(tiny.folder), other))
    with torch.no_grad():
        other.load_state_dict(tiny.network.state_dict())
        other.pyramids[3][2].head.to_depth.bias += 0.01
    with pytest.raises(ExportError, match="pose_4"):
        list(verify_network(open_bundle(tiny.folder), other))


EXPORT = """
import sys
from pathlib import Path
from sspnet_export.write_bundle import export_bundle
tell = lambda line: print(line, flush=True)
export_bundle(Path(sys.argv[1]), out=Path(sys.argv[2]), cuts=[1], sizes=[64], finder=None, on_progress=tell)
"""


def test_a_killed_export_leaves_the_bundle_that_was_there(tiny, tmp_path):
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "manifest.json").write_text('{"schema": 1, "name": "older"}')
    command = [sys.executable, "-c", EXPORT, str(tiny.checkpoint), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("verified"):
            process.send_signal(signal.SIGKILL)
            break
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    assert "older" in (out / "manifest.json").read_text()


def test_what_a_killed_export_left_is_put_right_by_the_next_one(tmp_path):
    out, old, new = (tmp_path / name for name in ("bundle", ".bundle.old", ".bundle.4711.new"))
    old.mkdir()
    (old / "manifest.json").write_text('{"schema": 1, "name": "older"}')
    new.mkdir()
    (new / "half.onnx").touch()
    with pytest.raises(KeyboardInterrupt), written_whole(out) as folder:
        assert list(folder.iterdir()) == []
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == [out] and "older" in (out / "manifest.json").read_text()


def test_two_exports_into_one_folder_leave_each_other_alone(tmp_path):
    out = tmp_path / "bundle"
    other = subprocess.Popen(
        [sys.executable, "-c", SLOW_EXPORT, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "writing\n"
    with written_whole(out) as folder:
        (folder / "mine").touch()
    assert [path.name for path in out.iterdir()] == ["mine"]
    assert other.communicate("\n", timeout=60)[0] == "" and other.returncode == 0
    assert [path.name for path in out.iterdir()] == ["theirs"] and list(tmp_path.iterdir()) == [out]


SLOW_EXPORT = """
import sys
from pathlib import Path
from sspnet_export.folder import written_whole
with written_whole(Path(sys.argv[1])) as folder:
    (folder / "theirs").touch()
    print("writing", flush=True)
    sys.stdin.readline()
"""


def test_a_full_disk_is_one_line_and_leaves_the_bundle_that_was_there(tiny, tmp_path):
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "manifest.json").write_text('{"schema": 1, "name": "older"}')
    with files_end_at(4000):
        refused(r"^cannot write .*/bundle: file too large$", tiny.checkpoint, out, cuts=[1], sizes=[64])
    assert list(tmp_path.iterdir()) == [out] and "older" in (out / "manifest.json").read_text()


def test_a_bundle_gives_way_to_the_new_one(tiny, tmp_path):
    out = tmp_path / "bundle"
    out.mkdir()
    (out / "manifest.json").write_text('{"schema": 1}')
    (out / "stale.onnx").write_bytes(b"old")
    export_bundle(tiny.checkpoint, out=out, cuts=[1], sizes=[64], finder=None, on_progress=lambda line: None)
    assert {path.name for path in out.iterdir()} == {"manifest.json", "weights.bin", "full_64.onnx", "stage_1_64.onnx"}
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]
