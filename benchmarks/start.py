"""From an interpreter that just started to the first pose: import, Estimator(), first predict, in fresh processes.

python benchmarks/start.py
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
estimator.predict({photo!r}, {box!r})
done = time.perf_counter()
print(json.dumps([imported - begin, made - imported, done - made, done - begin]))
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
    print("| | first start ever | later: import | Estimator() | first predict | together |\n|---|---|---|---|---|---|")
    for name, options in _CASES.items():
        with tempfile.TemporaryDirectory() as cache:
            environment = {**os.environ, "XDG_CACHE_HOME": cache}
            first = _start(options, environment)
            later = [_start(options, environment) for _ in range(given.repeat)]
        seconds = [first[3], *(median(column) for column in zip(*later, strict=True))]
        print(f"| {name} | " + " | ".join(f"{value:.2f} s" for value in seconds) + " |", flush=True)


def _start(options: str, environment: Mapping[str, str]) -> list[float]:
    code = _CHILD.format(options=options, photo=str(PHOTO), box=BOX)
    result = subprocess.run([sys.executable, "-c", code], env=dict(environment), capture_output=True, text=True, check=True)
    return json.loads(result.stdout)  # type: ignore[no-any-return]


if __name__ == "__main__":
    main()
