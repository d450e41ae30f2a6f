"""From an interpreter that just started to the first pose, and on a fresh cache on to the measured choice, in fresh processes.

python benchmarks/start.py

On a fresh cache the program goes on with 30 frames per second, as from a camera. "engine" is when frames run on the engine that
was measured to be the fastest, "all points" when every operating point is measured: 0 where there is nothing to choose.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from statistics import median

from frames import BOX, PHOTO

_CHILD = """
import json, logging, time
begin = time.perf_counter()
from sspnet_sdk import Estimator
imported = time.perf_counter()
estimator = Estimator({options})
made = time.perf_counter()
estimator.predict({photo!r}, {box!r})
done = time.perf_counter()
taken_up = []

class Taken(logging.Handler):
    def emit(self, record):
        if record.msg.startswith("from now on"):
            taken_up.append(time.perf_counter() - begin)

log = logging.getLogger("sspnet_sdk")
log.addHandler(Taken())
log.setLevel("INFO")
next_frame = time.perf_counter()
while {first} and (time.perf_counter() < done + 0.2 or estimator._plan.is_being_measured):
    next_frame += 1 / 30
    time.sleep(max(0, next_frame - time.perf_counter()))
    estimator.predict({photo!r}, {box!r})
estimator.predict({photo!r}, {box!r})
engine, points = (taken_up[0], taken_up[-1]) if taken_up else (0, 0)
print(json.dumps([imported - begin, made - imported, done - made, done - begin, engine, points]))
"""
_CASES = {
    "onnxruntime": "backend='onnxruntime'",
    "openvino": "backend='openvino'",
    "auto": "",
    "auto, target_fps=30": "target_fps=30",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    heads = ["", "first start ever", "engine", "all points", "later: import", "Estimator()", "first predict", "together"]
    print(f"| {' | '.join(heads)} |\n" + "|---" * len(heads) + "|")
    for name, options in _CASES.items():
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "XDG_CACHE_HOME": cache}
            first = _start(options, environment, first=True)
            later = [_start(options, environment)[:4] for _ in range(given.repeat)]
        seconds = [*first[3:], *(median(column) for column in zip(*later, strict=True))]
        print(f"| {name} | " + " | ".join(f"{value:.2f} s" for value in seconds) + " |", flush=True)


def _start(options: str, environment: Mapping[str, str], first: bool = False) -> list[float]:
    code = _CHILD.format(options=options, photo=str(PHOTO), box=BOX, first=first)
    result = subprocess.run([sys.executable, "-c", code], env=dict(environment), capture_output=True, text=True, check=True)
    return json.loads(result.stdout)  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
