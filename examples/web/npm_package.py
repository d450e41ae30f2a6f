"""Collect the browser's estimator, a bundle and ONNX Runtime Web into a folder that npm can pack, publish or install.

python examples/web/npm_package.py sspnet-npm
npm install ./sspnet-npm            # in your project; then: import { Estimator } from "sspnet-sdk"
"""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

from collect import PAGE, REPOSITORY, copy_bundle, folder_and_bundle, put_in_place, unpack_onnxruntime

from sspnet_sdk import __version__


def main() -> None:
    options = folder_and_bundle("Collect the browser's estimator into a folder that npm can pack.")
    put_in_place(options.folder, lambda folder: collect(folder, options.bundle))
    print(f'Use it: npm install {options.folder.resolve()}   then: import {{ Estimator }} from "sspnet-sdk"')


def collect(folder: Path, bundle: Path) -> None:
    """The package, in a new folder."""
    shutil.copytree(PAGE / "npm", folder)
    shutil.copytree(PAGE / "estimator", folder / "estimator", ignore=shutil.ignore_patterns("client.js", "worker.js"))
    for name in ("LICENSE", "NOTICE"):
        shutil.copy(REPOSITORY / name, folder)
    description = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    description["version"] = __version__
    if page := runpy.run_path(str(REPOSITORY / "repository.py"))["page_of_origin"]():
        description |= {"homepage": page, "repository": {"type": "git", "url": f"git+{page}.git"}}
    (folder / "package.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    copy_bundle(bundle, folder / "bundle")
    unpack_onnxruntime(folder / "ort")


if __name__ == "__main__":
    main()
