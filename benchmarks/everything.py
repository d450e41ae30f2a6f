"""Every table of docs/benchmarks.md about time, by one command on one machine.

    python benchmarks/everything.py --out tables

Takes some minutes; nothing else should run meanwhile. The rows of a table are timed in turn. A table that is done lies in OUT
as Markdown and is not measured again, so the command can be interrupted and called again. The peers are fetched as by
`benchmarks/peers.py`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, help="where the peers are fetched to, or lie already; OUT/files if not given")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    peers = ["--files", given.files or given.out / "files", "--out", given.out]
    tables = {
        "speeds": ["peers.py", *peers, "--rounds", "5"],
        "layers": ["layers.py"],
        "overhead": ["overhead.py", "--rounds", "5"],
        "throughput": ["throughput.py", "--rounds", "3"],
        "start": ["start.py", "--repeat", "3"],
        "paper": ["paper_rate.py"],
        "memory": ["memory.py"],
    }
    for number, (name, command) in enumerate(tables.items(), 1):
        print(f"{number} of {len(tables)}: {name}", file=sys.stderr, flush=True)
        print(f"## {name}\n\n{_table(given.out / f'{name}.md', command)}", flush=True)


def _table(path: Path, command: list) -> str:
    """What a benchmark prints; kept once it has ended well."""
    if not path.is_file():
        begin = time.perf_counter()
        done = subprocess.run([sys.executable, HERE / command[0], *map(str, command[1:])], stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit(f"{command[0]} failed: exit {done.returncode}")
        print(f"  {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
        path.write_text(done.stdout)
    return path.read_text()


if __name__ == "__main__":
    main()
