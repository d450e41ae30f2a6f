"""The other commands: what they show, and what they say when something is missing."""

import csv
import json
import os
import shutil
import signal
import subprocess
import time

import click
import pytest
from click.testing import CliRunner
from command_line import ROOT

from sspnet_sdk.cli.main import main

COMMANDS = ("predict", "bench", "profile", "info", "export", "train", "eval")


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_every_command_has_help(run, arguments):
    done = run(*arguments, "--help")
    assert done.returncode == 0
    assert "Usage: sspnet-sdk" in done.stdout


def test_the_help_names_commands_and_exit_codes(run):
    text = run("--help").stdout
    for word in (*COMMANDS, "Exit codes", "130"):
        assert word in text


def test_an_unknown_command_is_a_usage_error(run):
    assert run("predictt").returncode == 2


def test_help_does_not_load_the_engines(command_line, environment):
    tell = (
        "import atexit, sys; atexit.register(lambda: print(sorted({'torch', 'cv2', 'onnxruntime', 'numpy'} & set(sys.modules))))"
    )
    arguments = [command_line[0], "-c", f"{tell}\n{command_line[2]}", "--help"]
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_info_describes_the_bundle_and_the_engines(run):
    done = run("info")
    assert done.returncode == 0, done.stderr
    for word in ("sspnet-sdk", "bundle", "licence", "onnxruntime", "default", "MACs"):
        assert word in done.stdout
    rows = [line.split() for line in done.stdout.splitlines() if " fp32 " in line]
    assert [(row[0], row[2]) for row in rows] == [(cut, size) for cut in "248" for size in ("128", "192", "256")]


def test_bench_times_every_cut_and_deeper_cuts_take_longer(run, tmp_path):
    done = run("bench", "--backend", "onnxruntime", "--sizes", "128", "--threads", "1", "--repeat", "2", "--csv", "bench.csv")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((tmp_path / "bench.csv").open()))
    assert [row["cut"] for row in rows] == ["2", "4", "8", "find"]
    medians = [float(row["median_ms"]) for row in rows[:3]]
    assert medians == sorted(medians)
    assert all(float(row["p95_ms"]) >= float(row["median_ms"]) * 0.99 for row in rows)
    assert all(abs(1000 / float(row["median_ms"]) - float(row["fps"])) < 1 for row in rows)
    assert len(done.stdout.splitlines()) == 5


def test_bench_writes_csv_to_standard_output_alone(run):
    done = run("bench", "--backend", "onnxruntime", "--sizes", "128", "--cuts", "2", "--threads", "1", "--csv", "-")
    row, find = csv.DictReader(done.stdout.splitlines())
    assert find["cut"] == "find" and float(find["median_ms"]) > 0 and find["pck"] == ""
    assert (row["backend"], row["size"], row["cut"]) == ("onnxruntime", "128", "2")


def _with_accuracy(folder):
    """The default bundle with an accuracy in its manifest (which no hash covers)."""
    shutil.copytree(ROOT / "sspnet_sdk" / "default_bundle", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["cuts"]:
        by_size = {str(size): {"pck": 0.7 + entry["cut"] / 100, "pa_mpjpe_mm": 90 - entry["cut"]} for size in manifest["sizes"]}
        entry["accuracy"] = {"fp32": by_size}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_bench_draws_error_against_speed(run, tmp_path):
    pytest.importorskip("matplotlib")
    bundle = _with_accuracy(tmp_path / "bundle")
    (tmp_path / "peers.csv").write_text("name,fps,pck,pa_mpjpe_mm\nAnother,120,0.7,91.5\nFlat,90,0.8,\n")
    options = ("--backend", "onnxruntime", "--threads", "1", "--bundle", bundle)
    done = run("bench", *options, "--plot", "plot.svg", "--peers", "peers.csv")
    assert done.returncode == 0, done.stderr
    assert "82.0" in done.stdout
    drawn = (tmp_path / "plot.svg").read_text()
    assert "<!-- Another -->" in drawn and "<!-- Flat -->" not in drawn  # what has no error in mm cannot be placed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--sizes", "100"], "no input size 100"),
        (["--cuts", "2,x"], "whole numbers"),
        (["--plot", "plot.txt"], ".png"),
        (["--peers", "p.csv"], "--plot too"),
        (["--plot", "p.svg", "--csv", "p.svg"], "two results would go to p.svg"),
    ],
)
def test_bench_says_what_there_is_instead(run, arguments, words):
    done = run("bench", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


@pytest.mark.parametrize(("option", "path"), [("--csv", "/proc/bench.csv"), ("--plot", "/proc/bench.svg")])
def test_bench_says_before_it_measures_that_a_file_cannot_be_written(run, option, path):
    done = run("bench", option, path)
    assert done.returncode == 1 and f"cannot write {path}" in done.stderr and "px" not in done.stdout


def test_profile_shows_what_a_frame_rate_chooses_from(run):
    done = run("profile", "--backend", "onnxruntime", "--threads", "1")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("backend onnxruntime, 1 threads")
    fps = [int(line.split()[5]) for line in lines[2:]]
    assert fps == sorted(fps, reverse=True)
    assert "not kept" not in done.stderr


def test_profile_says_when_it_cannot_keep_what_it_measured(run, environment, tmp_path):
    (tmp_path / "file").write_text("no folder")
    done = run(
        "profile", "--backend", "onnxruntime", "--threads", "1", env={**environment, "XDG_CACHE_HOME": str(tmp_path / "file")}
    )
    assert done.returncode == 0 and "not kept" in done.stderr


def test_onnx_runtime_reports_no_usage(run, environment, tmp_path):
    photo = ROOT / "examples" / "photos" / "000000234748.jpg"
    (tmp_path / "cache").mkdir()
    told = run("-v", "predict", photo, "--backend", "onnxruntime", env={**environment, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert told.returncode == 0, told.stderr
    assert {path.name for path in (tmp_path / "cache").iterdir()} <= {"sspnet-sdk"}


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["export", "--checkpoint", "a.safetensors"], "export"),
        (["train", "--data", ".", "--steps", "1"], "train"),
        (["eval", "--checkpoint", "a", "--data", "."], "train"),
    ],
)
def test_without_torch_a_command_names_what_to_install(run, tmp_path, environment, arguments, extra):
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(\"No module named 'torch'\", name='torch')")
    without = {**environment, "PYTHONPATH": f"{tmp_path}:{environment['PYTHONPATH']}"}
    done = run(*arguments, env=without)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f'needs torch, which is not installed: pip install "sspnet-sdk[{extra}]"')


def test_export_and_train_name_what_is_missing(run, tmp_path):
    pytest.importorskip("torch")
    done = run("export", "--checkpoint", "none.safetensors")
    assert done.returncode == 1 and "none.safetensors" in done.stderr
    done = run("train", "--data", tmp_path / "none", "--steps", "1")
    assert done.returncode == 1 and "no folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_command_tidies_up_when_it_is_stopped_from_outside(monkeypatch, sign, tmp_path):
    @click.command(name="info")
    def long_work() -> None:
        try:
            os.kill(os.getpid(), sign)
            time.sleep(10)
        finally:
            (tmp_path / "tidy").touch()

    monkeypatch.setattr("sspnet_sdk.cli.info.command", long_work)
    before = signal.getsignal(sign)
    result = CliRunner().invoke(main, ["info"])
    assert result.exit_code == 130 and result.output == "interrupted\n" and (tmp_path / "tidy").exists()
    assert signal.getsignal(sign) is before
