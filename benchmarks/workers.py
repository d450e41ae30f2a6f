"""24 requests at once on an `Estimator` with one worker and with several: memory, requests per second, CPU time of each.

Each number of workers has a process of its own. The rate means something only where nothing else runs, and up to as many
workers as there are cores.

python benchmarks/workers.py
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REQUESTS = 24
PHOTO = Path(__file__).parents[1] / "examples/photos/000000000790.jpg"

_CHILD = """
import json, time
from concurrent.futures import ThreadPoolExecutor
from sspnet_sdk import Estimator

def resident_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) / 1024

picture = open({photo!r}, "rb").read()
with Estimator(backend={backend!r}, workers={workers}, threads=1) as estimator, ThreadPoolExecutor({requests}) as clients:
    list(clients.map(estimator.predict_all, [picture] * {requests}))  # opens the networks
    begin, cpu = time.perf_counter(), time.process_time()
    list(clients.map(estimator.predict_all, [picture] * {requests}))
    elapsed, cpu = time.perf_counter() - begin, time.process_time() - cpu
    print(json.dumps([resident_mb(), {requests} / elapsed, 1000 * cpu / {requests}]))
"""


def main() -> None:
    from sspnet_sdk.backends import installed

    print("| engine | workers | memory | requests per second | CPU time of a request |\n|---|---|---|---|---|")
    for backend in installed():
        for workers in (1, 2, 4):
            code = _CHILD.format(backend=backend, workers=workers, requests=REQUESTS, photo=str(PHOTO))
            result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            memory, rate, cpu_ms = json.loads(result.stdout)
            print(f"| {backend} | {workers} | {memory:.0f} MB | {rate:.1f} | {cpu_ms:.0f} ms |", flush=True)


if __name__ == "__main__":
    main()
