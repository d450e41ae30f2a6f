"""Collect the page, a bundle and ONNX Runtime Web into one folder of static files.

    python examples/web/collect.py web
    python -m http.server -d web        # then open http://localhost:8000

ONNX Runtime Web comes from the npm registry through the `npm` command, everything else from this repository.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from sspnet_sdk import SSPNetError
from sspnet_sdk.bundle import open_bundle

PAGE = Path(__file__).parent
REPOSITORY = PAGE.parents[1]
ONNXRUNTIME_WEB = "onnxruntime-web@1.30.0"
ONNXRUNTIME_FILES = (
    "ort.wasm.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm",
    "ort.webgpu.bundle.min.mjs",
    "ort-wasm-simd-threaded.asyncify.wasm",
)


def main() -> None:
    options = folder_and_bundle("Collect the page, a bundle and ONNX Runtime Web into a folder of static files.")
    put_in_place(options.folder, lambda folder: collect(folder, options.bundle))
    print(f"Serve it: python -m http.server -d {options.folder}   then open http://localhost:8000")


def folder_and_bundle(description: str) -> argparse.Namespace:
    """What the command line says: `folder`, and `bundle`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path, help="where to; an earlier collection there is replaced")
    parser.add_argument("--bundle", type=Path, default=REPOSITORY / "sspnet_sdk/default_bundle", help="folder of a bundle")
    return parser.parse_args()


def put_in_place(folder: Path, make: Callable[[Path], None]) -> None:
    """`folder`, as `make` fills it: complete or not there at all. An earlier collection there is replaced, nothing else."""
    target = folder.resolve()
    if target.exists() and not (target / "bundle/manifest.json").exists():
        sys.exit(f"{folder} exists and is not an earlier collection: name a new folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=target.name) as scratch:
        new, old = Path(scratch) / "new", Path(scratch) / "old"
        make(new)
        if target.exists():
            target.rename(old)
        new.rename(target)
    print(f"{sum(file.stat().st_size for file in target.rglob('*') if file.is_file()) / 1e6:.0f} MB in {folder}")


def collect(folder: Path, bundle: Path) -> None:
    """Everything that the page needs, in a new folder."""
    shutil.copytree(PAGE, folder, ignore=shutil.ignore_patterns("*.py", "*.md", "npm", "__pycache__"))
    shutil.copytree(REPOSITORY / "examples/photos", folder / "photos", ignore=shutil.ignore_patterns("*.md"))
    copy_bundle(bundle, folder / "bundle")
    unpack_onnxruntime(folder / "ort")


def copy_bundle(source: Path, folder: Path) -> None:
    """The manifest, the weights, and the graphs that the page runs, of a bundle that the runtime has opened and checked."""
    try:
        bundle = open_bundle(source)
    except SSPNetError as error:
        sys.exit(f"Error: {error}")
    paths = {stage.path for stages in bundle.stages.values() for stage in stages} | set(bundle.finders.values())
    paths |= {bundle.folder / name for name in ("weights.bin",) if name in bundle.manifest["files"]}
    paths |= {bundle.lift} if bundle.lift else set()
    for path in [bundle.folder / "manifest.json", *sorted(paths)]:
        target = folder / path.relative_to(bundle.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def unpack_onnxruntime(folder: Path) -> None:
    """Those files of ONNX Runtime Web's package that a browser loads."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed; it fetches ONNX Runtime Web (https://nodejs.org)")
    folder.mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        pack = subprocess.run([npm, "pack", "--silent", ONNXRUNTIME_WEB], cwd=scratch, capture_output=True, text=True)
        if pack.returncode:
            sys.exit(f"npm could not fetch {ONNXRUNTIME_WEB}: {pack.stderr.strip() or pack.stdout.strip()}")
        with tarfile.open(Path(scratch) / pack.stdout.split()[-1]) as archive:
            for name in ONNXRUNTIME_FILES:
                source = archive.extractfile(f"package/dist/{name}")
                assert source is not None
                (folder / name).write_bytes(source.read())


if __name__ == "__main__":
    main()
