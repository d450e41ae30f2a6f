"""From an interpreter that just started to the first pose, and on a fresh cache on to the measured choice, in fresh processes.

python benchmarks/start.py

On a fresh cache the program goes on with 30 frames per second, as from a camera. "good choice" is from when on frames run on the
engine of the end, at a point whose PA-MPJPE is at most 1 mm worse than that of the end. "all measured" is when nothing is left to
measure: 0 where there is nothing.
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
import json, time
begin = time.perf_counter()
from sspnet_sdk import Estimator
imported = time.perf_counter()
estimator = Estimator({options})
made = time.perf_counter()
ran = []

def frame():
    pose = estimator.predict({photo!r}, {box!r})
    ran.append((time.perf_counter() - begin, estimator.backend, pose.input_size, pose.cut))

frame()
frames, measured = 1, 0
while {first} and (ran[-1][0] < ran[0][0] + 0.2 or estimator.is_being_measured):
    time.sleep(max(0, ran[0][0] + frames / 30 - (time.perf_counter() - begin)))
    frame()
    frames += 1
    measured = ran[-1][0] if estimator.is_being_measured else measured
frame()
end = ran[-1]
error = lambda size, cut: estimator.bundle.accuracy("fp32", size, cut)["pa_mpjpe_mm"]
good = min(at for at, engine, *point in ran if engine == end[1] and error(*point) <= error(*end[2:]) + 1)
print(json.dumps([imported - begin, made - imported, begin + ran[0][0] - made, ran[0][0], good, measured]))
"""
_CASES = {
    "onnxruntime": "backend='onnxruntime'",
    "openvino": "backend='openvino'",
    "auto": "",
    "openvino, target_fps=30": "backend='openvino', target_fps=30",
    "auto, target_fps=30": "target_fps=30",
    "auto, target_fps=60": "target_fps=60",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    given = parser.parse_args()
    heads = ["", "first start ever", "good choice", "all measured", "later: import", "Estimator()", "first predict", "together"]
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
