"""The whole report on a checkpoint, as docs/report.md holds it: python -m sspnet_train.evaluation.report --help."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from sspnet_train.command_numbers import at_least
from sspnet_train.data.catalog import parse_data
from sspnet_train.errors import DataError, one_line
from sspnet_train.evaluation.paper_tables import ablate_checkpoint, evaluate_protocol
from sspnet_train.evaluation.tables import Table
from sspnet_train.whole_file import whole_file

HONEST = """Human3.6M and MPI-INF-3DHP were not run here, because we have no licence for them. Do not compare the numbers on this
page with the paper's, which stand beside ours only for the form. The paper's network was trained and tested on
Human3.6M, recorded in one room. Ours was trained and tested on photographs and rendered people. If you have the data,
the same commands with `human36m` or `mpi-inf-3dhp` give the paper's Tables 2, 3 and 5 ([training](training.md))."""
FIGURES = {
    "heads": ("heads.png", "Error of every head by pyramid and level (Fig. 6a)"),
    "speed": ("speed.png", "Error against speed by cut (Fig. 6b)"),
    "root_noise": ("root_noise.png", "Error against noise on the root's Z (Fig. 6c)"),
    "soft_argmax": ("soft_argmax.png", "Soft-argmax against argmax (Table 4)"),
}
HEATMAPS = "heatmaps.jpg", "Learned heatmaps by level, of the last head of each (Fig. 7)"


def write(checkpoint: Path, data: Path, out: Path, command: str, root_depth: Path | None, size: int, limit: int | None) -> None:
    """Write the whole report as one page.

    Args:
        checkpoint: what is measured.
        data: a folder that holds synth3d/ and people3d/.
        out: the page. Pictures and CSV files go into the folder of the same name beside it.
        command: what was called, for the page.
        root_depth: a file of `save_root_depth`, or None.
        size: side of the input, pixels.
        limit: only so many people of each set.

    Raises:
        DataError: one of the two sets is missing.
    """
    sets, folder = parse_data([str(data)]), out.with_suffix("")
    if missing := {"people3d", "synth3d"} - set(sets):
        raise DataError(f"a report needs people3d/ and synth3d/ in {data}; missing: {', '.join(sorted(missing))}")
    rendered = evaluate_protocol(
        checkpoint, "synth3d", sets["synth3d"], size=size, root_depth=root_depth, limit=limit, report=folder / "synth3d"
    )
    photographs = evaluate_protocol(checkpoint, "people3d", sets["people3d"], size=size, limit=limit, report=folder / "people3d")
    ablations = ablate_checkpoint(checkpoint, "synth3d", sets["synth3d"], folder, size=size, limit=limit)
    for part in (folder / "synth3d", folder / "people3d", folder):
        (part / "report.md").unlink()
    people = "all held-out people" if limit is None else f"the first {limit} held-out people of each set"
    parts = [
        f"# Evaluation in the paper's form\n\n{HONEST}\n\n{checkpoint.name}, {size} px, true boxes, {people}. Made by\n",
        f"```sh\n# needs data sets and time\n{command}\n```\n",
        "## Rendered people with true millimetres (synth3d)\n",
        *(table.markdown() for table in rendered),
        "## Photographs with labels by hand (people3d)\n",
        *(table.markdown() for table in photographs),
        "## Ablations, on synth3d\n",
        *(_with_figure(table, folder.name) for table in ablations[1:]),
        _picture(folder.name, *FIGURES["heads"]),
        _picture(folder.name, *HEATMAPS),
    ]
    with whole_file(out) as partial:
        partial.write_text("\n".join(parts), "utf-8")


def _with_figure(table: Table, folder: str) -> str:
    return table.markdown() + "\n" + _picture(folder, *FIGURES[table.name])


def _picture(folder: str, file: str, caption: str) -> str:
    return f"![{caption}]({folder}/{file})\n"


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description="Tables and figures of the paper, on synth3d and people3d, as one page.")
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="a folder that holds synth3d/ and people3d/")
    parser.add_argument("--root-depth", type=Path, help="a row with the root's depth estimated")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--limit", type=int, help="only so many people of each set")
    parser.add_argument("--threads", type=at_least(1), default=1)
    parser.add_argument("-o", "--out", type=Path, default=Path("docs/report.md"))
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    words = [f"python -m sspnet_train.evaluation.report --checkpoint {given.checkpoint} --data /data"]
    words += [f"--root-depth {given.root_depth}"] if given.root_depth else []
    words += [f"--limit {given.limit}"] if given.limit else []
    command = " ".join([*words, f"--size {given.size} -o {given.out}"])
    write(given.checkpoint, given.data, given.out, command, given.root_depth, given.size, given.limit)
    print(f"wrote {given.out}")


if __name__ == "__main__":
    main()
