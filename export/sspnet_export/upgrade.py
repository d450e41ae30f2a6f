"""Rewrite the manifest of a bundle of schema 1 in the schema of today. Graphs and weights stay as they are.

python -m sspnet_export.upgrade my_bundle
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from sspnet_train.errors import one_line
from sspnet_train.whole_file import whole_file

from sspnet_export.errors import ExportError
from sspnet_export.manifest import NAME
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.errors import BundleError


def upgrade(folder: Path) -> None:
    """Rewrite a bundle's manifest.

    Raises:
        ExportError: `folder` is no bundle that this version opens.
        TrainingError: the system refuses to write.
    """
    try:
        document = open_bundle(folder).manifest
    except BundleError as error:
        raise ExportError(str(error)) from None
    with whole_file(folder / NAME) as partial:
        partial.write_text(json.dumps(document, indent=1) + "\n")


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="folder of the bundle")
    upgrade(parser.parse_args().bundle)


if __name__ == "__main__":
    main()
