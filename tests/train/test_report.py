"""The whole report is one command: a page with tables, and pictures that are small and where the page says."""

from __future__ import annotations

import re
import sys

import pytest
import torch
from dataset_layouts import write_people3d
from drawn_people import write_synth3d
from sspnet_train.evaluation import report
from sspnet_train.network.checkpoint import save_checkpoint
from sspnet_train.network.model import SSPNet


def test_one_command_writes_a_page_with_its_pictures(tiny_config, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    torch.manual_seed(2)
    network = SSPNet(tiny_config)
    save_checkpoint(tmp_path / "c.safetensors", network.config, network.state_dict(), {"data": "synth3d"})
    write_synth3d(tmp_path / "data" / "synth3d", 12)
    write_people3d(tmp_path / "data" / "people3d", 6)
    (tmp_path / "docs").mkdir()
    words = ["report", "--checkpoint", str(tmp_path / "c.safetensors"), "--data", str(tmp_path / "data"), "--size", "128"]
    monkeypatch.setattr(sys, "argv", [*words, "-o", str(tmp_path / "docs" / "report.md")])
    report.main()
    page = (tmp_path / "docs" / "report.md").read_text()
    assert "Human3.6M and MPI-INF-3DHP were not run here" in page and "--checkpoint" in page
    pictures = re.findall(r"!\[.+\]\((.+)\)", page)
    assert len(pictures) == 5 and page.count("| --- |") >= 5
    for picture in pictures:
        assert 1000 < (tmp_path / "docs" / picture).stat().st_size < 100_000
    assert {path.name for path in (tmp_path / "docs" / "report").glob("*/*.csv")} >= {"synth3d.csv", "heads.csv"}
