"""Everybody in a folder of pictures to one Parquet table: a row per picture, person and joint.

pip install pandas "sspnet-sdk[parquet]"
python examples/pictures_to_parquet.py photos people.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas

from sspnet_sdk import Estimator, ImageError, SSPNetError, to_dataframe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("table", type=Path)
    given = parser.parse_args()

    estimator, tables = Estimator(), []
    for path in sorted(given.folder.iterdir()):
        try:
            people = to_dataframe(estimator.predict_all(path))
        except ImageError as error:
            print(f"Error: {error}")
            continue
        people.insert(0, "picture", path.name)
        tables.append(people)
    if not tables:
        raise ImageError(f"the folder {given.folder} holds no pictures")
    table = pandas.concat(tables)
    table.to_parquet(given.table, index=False)
    print(f"{len(table.groupby(['picture', 'person']))} people in {len(tables)} pictures; wrote {given.table}")


if __name__ == "__main__":
    try:
        main()
    except (SSPNetError, OSError) as error:
        raise SystemExit(f"Error: {error}") from None
