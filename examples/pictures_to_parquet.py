"""Everybody in a folder of pictures to one Parquet table, and what may be asked of it. Needs pip install "sspnet-sdk[parquet]".

python examples/pictures_to_parquet.py photos people.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sspnet_sdk import Estimator, SSPNetError, open_writer
from sspnet_sdk.pictures import pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    given = parser.parse_args()

    paths = sorted(path for path in given.folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    writer, people, unread = open_writer("parquet", given.table), 0, 0
    for result in pictures(paths, Estimator()):
        if isinstance(result, tuple):  # the picture, and why it cannot be used
            unread += 1
            print(f"Error: {result[1]}")
        else:
            writer.write(result)
            people += len(result.people)
    writer.close()
    print(f"{people} people in {len(paths) - unread} pictures; wrote {given.table}")


if __name__ == "__main__":
    try:
        main()
    except SSPNetError as error:
        raise SystemExit(f"Error: {error}") from None
