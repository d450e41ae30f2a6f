"""Rewrite the manifest of a bundle of schema 1 in the schema of today. Graphs and weights stay as they are.

python -m sspnet_export.upgrade my_bundle
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from sspnet_export.errors import ExportError
from sspnet_export.manifest import NAME
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.errors import BundleError


def upgrade(folder: Path) -> None:
    """Rewrite a bundle's manifest.

    Raises:
        ExportError: `folder` is no bundle that this version opens.
    """
    try:
        document = open_bundle(folder).manifest
    except BundleError as error:
        raise ExportError(str(error)) from None
    partial = folder / f".{NAME}.partial"
    partial.write_text(json.dumps(document, indent=1) + "\n")
    os.replace(partial, folder / NAME)


if __name__ == "__main__":
    try:
        upgrade(Path(sys.argv[1] if len(sys.argv) == 2 else ""))
    except ExportError as error:
        sys.exit(f"Error: {error}")
