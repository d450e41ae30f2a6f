"""Ours beside MediaPipe, BlazePose and MoveNet: accuracy on the same people, speed on the same frames with the same cores.

    python benchmarks/peers.py --people /data/people3d --rendered /data/synth3d --limit 250 --out peers

The first run fetches the peers into OUT/files (`peer_files.py`): their networks by npm, and MediaPipe by pip into an environment
of its own. That needs the network, npm, and a Python from 3.9 to 3.12 (`--python` if this one is newer).
Accuracy takes minutes; without --people it is left out. What is measured is kept in OUT/accuracy.json (network by network),
network.json and end_to_end.json: delete a file to measure it again. The table is in OUT/peers.md, the picture in OUT/peers.png,
and in OUT/peers.csv what `sspnet-sdk bench --plot error.png --peers` marks.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from peer_accuracy import aligned_error_mm, ours, pck, peers
from peer_files import PeerFiles, mediapipe_python, networks
from peer_speed import Speeds, end_to_end, network_only
from peer_table import csv_of_peers, draw, table
from sspnet_train.data.catalog import open_split

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    files = networks(given.files or given.out / "files")
    accuracy = _accuracy(given, files, given.out / "accuracy.json") if given.people else {}
    if given.accuracy_only:
        return
    mediapipe = mediapipe_python(given.files or given.out / "files", given.python)
    speed = {
        "network": _kept(given.out / "network.json", lambda: _network(given, files)),
        "end to end": _kept(given.out / "end_to_end.json", lambda: _end_to_end(given, mediapipe)),
    }
    text = table(accuracy, speed)
    (given.out / "peers.md").write_text(text)
    (given.out / "peers.csv").write_text(csv_of_peers(accuracy, speed))
    if accuracy:
        draw(accuracy, speed, given.out / "peers.png")
    print(text)


def _kept(path: Path, make: Callable[[], Speeds]) -> Speeds:
    if not path.is_file():
        path.write_text(json.dumps(make(), indent=1))
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def _network(given: argparse.Namespace, files: PeerFiles) -> Speeds:
    return network_only(given.bundle, files.movenet, files.blazepose, given.threads, given.rounds)


def _end_to_end(given: argparse.Namespace, mediapipe: Path) -> Speeds:
    with tempfile.TemporaryDirectory() as folder:
        return end_to_end(given.bundle, mediapipe, Path(folder), given.threads, given.rounds)


def _accuracy(given: argparse.Namespace, files: PeerFiles, kept: Path) -> dict[str, dict[str, float | None]]:
    photographs = open_split("people3d", given.people, "val", "coco")
    rendered = open_split("synth3d", given.rendered, "val", "coco")
    answering, bundle = peers(files.movenet, files.blazepose, 1), open_bundle(given.bundle)
    for size in bundle.sizes:
        for cut in bundle.cuts:
            answering[f"ours {size} px cut {cut}"] = ours(
                Estimator(bundle, cut=cut, input_size=size, backend="onnxruntime", threads=1, color="rgb")
            )
    found: dict[str, dict[str, float | None]] = json.loads(kept.read_text()) if kept.is_file() else {}
    for name, network in answering.items():
        if name in found:
            continue
        scores = pck(network, photographs, given.limit), aligned_error_mm(network, rendered, given.limit)
        found[name] = {"pck": scores[0], "pa_mpjpe_mm": scores[1]}
        kept.write_text(json.dumps(found, indent=1))
        print(name, *(score if score is None else np.round(score, 3) for score in scores), flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=Path, help="where the peers are fetched to, or lie already; OUT/files if not given")
    parser.add_argument("--python", default=sys.executable, help="makes MediaPipe's environment; 3.9 to 3.12")
    parser.add_argument("--people", type=Path, help="people3d, for accuracy in 2D")
    parser.add_argument("--rendered", type=Path, help="synth3d, for accuracy in 3D")
    parser.add_argument("--limit", type=int, help="only so many people of each")
    parser.add_argument("--bundle", type=Path, help="ours; the default bundle if not given")
    parser.add_argument("--threads", type=int, default=2, help="cores for everybody")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--accuracy-only", action="store_true", help="stop before the speeds")
    parser.add_argument("--out", type=Path, required=True)
    logging.basicConfig(level=logging.WARNING)
    return parser.parse_args()


if __name__ == "__main__":
    main()
