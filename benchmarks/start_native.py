"""libsspnet from nothing to the first pose, and to the operating point that it settles on, in fresh processes.

    cmake --preset desktop-openvino && cmake --build --preset desktop-openvino
    python benchmarks/start_native.py

The demo program gets one 640 x 480 frame again and again, with the person's box, as fast as the rate asks for. "first pose"
is the time from starting the process to its first line. "settled" is that of the last change of cut or input size in the
run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from statistics import median
from typing import IO, NamedTuple

import cv2
import numpy as np
from frames import BOX, PHOTO

from sspnet_sdk.bundle import DEFAULT_BUNDLE

DEMO = Path(__file__).parents[1] / "build/desktop-openvino/cpp/examples/sspnet-demo"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", type=Path, default=DEMO, help="the demo program as it was built")
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--repeat", type=int, default=3)
    given = parser.parse_args()
    print("| | first pose, first start ever | settled | at | first pose later | settled |\n|---|---|---|---|---|---|")
    for name, options in (("no target", []), (f"{given.fps:g} frames per second", ["--fps", f"{given.fps:g}"])):
        ever, later = [], []
        for _ in range(given.repeat):
            with tempfile.TemporaryDirectory() as cache:
                ever.append(run([given.demo, *options], cache, given.fps, given.seconds))
                later.append(run([given.demo, *options], cache, given.fps, given.seconds))
        cells = [f"{median(start.first_s for start in ever):.2f} s", f"{median(start.settled_s for start in ever):.2f} s"]
        cells += [ever[-1].point, f"{median(start.first_s for start in later):.2f} s"]
        cells += [f"{median(start.settled_s for start in later):.2f} s"]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


class Start(NamedTuple):
    """When the first pose came, when the operating point changed last, and to what."""

    first_s: float
    settled_s: float
    point: str


def run(command: list[object], cache: str, fps: float, seconds: float) -> Start:
    """The start of one process."""
    frame = np.ascontiguousarray(cv2.copyMakeBorder(cv2.imread(str(PHOTO)), 0, 56, 0, 0, cv2.BORDER_REFLECT))
    box = ",".join(f"{value:g}" for value in BOX)
    words = [*map(str, command), "--json", "--raw", "640x480", "--box", box, str(DEFAULT_BUNDLE)]
    begin = time.perf_counter()
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "XDG_CACHE_HOME": cache}
    ) as demo:
        assert demo.stdin is not None and demo.stdout is not None
        threading.Thread(target=_feed, args=(demo.stdin, frame.tobytes(), begin, fps, seconds), daemon=True).start()
        changes: list[tuple[float, str]] = []
        for line in demo.stdout:
            pose = json.loads(line)
            point = f"{pose['input_size']} px, cut {pose['cut']}"
            if not changes or changes[-1][1] != point:
                changes.append((time.perf_counter() - begin, point))
    if not changes:
        raise SystemExit(f"{words[0]} gave no pose")
    return Start(changes[0][0], *changes[-1])


def _feed(pipe: IO[bytes], frame: bytes, begin: float, fps: float, seconds: float) -> None:
    count = 0
    while time.perf_counter() < begin + seconds:
        time.sleep(max(0.0, begin + count / fps - time.perf_counter()))
        pipe.write(frame)
        pipe.flush()
        count += 1
    pipe.close()


if __name__ == "__main__":
    main()
