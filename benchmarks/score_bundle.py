"""Score every precision, size and cut of a bundle through the SDK, and what each precision loses against fp32.

sspnet-sdk export --precision fp32,int8 --calibration crops -o bundle
python benchmarks/score_bundle.py --bundle bundle --people /data/people3d --rendered /data/synth3d
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from peer_accuracy import aligned_error_mm, ours, pck
from sspnet_train.data.catalog import open_split
from sspnet_train.data.sample import SampleSource

from sspnet_sdk import Estimator
from sspnet_sdk.bundle import Bundle, open_bundle

Sets = dict[str, SampleSource]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="the default bundle if not given")
    parser.add_argument("--people", type=Path, required=True, help="people3d: PCK@0.2 of photographs")
    parser.add_argument("--rendered", type=Path, required=True, help="synth3d: PCK@0.2 and PA-MPJPE in mm")
    parser.add_argument("--split", choices=("train", "val"), default="val", help="of the photographs")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first photographs")
    parser.add_argument("--limit", type=int, help="only so many people of each")
    parser.add_argument("--backend", default="onnxruntime")
    parser.add_argument("--precision", action="append", help="beside fp32, as bf16; may be repeated; the bundle's if not given")
    given = parser.parse_args()
    bundle = open_bundle(given.bundle)
    photographs = open_split("people3d", given.people, given.split, "coco")
    kept = SampleSource(photographs.name, len(photographs) - given.skip, lambda i: photographs[i + given.skip])
    sets = {"photographs": kept, "rendered": open_split("synth3d", given.rendered, "val", "coco")}
    print("| size | cut | precision | PCK photographs | PCK rendered | PA-MPJPE rendered |\n|---|---|---|---|---|---|")
    for row in _rows(bundle, given.backend, given.precision or bundle.precisions, sets, given.limit):
        print(row, flush=True)


def _rows(bundle: Bundle, backend: str, precisions: Sequence[str], sets: Sets, limit: int | None) -> Iterator[str]:
    for size in bundle.sizes:
        for cut in bundle.cuts:
            exact = _scores(bundle, backend, "fp32", size, cut, sets, limit)
            yield f"| {size} | {cut} | fp32 | {exact[0]:.3f} | {exact[1]:.3f} | {exact[2]:.1f} mm |"
            for precision in precisions:
                if precision != "fp32":
                    rough = _scores(bundle, backend, precision, size, cut, sets, limit)
                    lost = [after - before for after, before in zip(rough, exact, strict=True)]
                    cells = (
                        f"{rough[0]:.3f} ({lost[0]:+.3f}) | {rough[1]:.3f} ({lost[1]:+.3f}) | {rough[2]:.1f} mm ({lost[2]:+.1f})"
                    )
                    yield f"| {size} | {cut} | {precision} | {cells} |"


def _scores(
    bundle: Bundle, backend: str, precision: str, size: int, cut: int, sets: Sets, limit: int | None
) -> tuple[float, float, float]:
    network = ours(Estimator(bundle, cut=cut, input_size=size, precision=precision, backend=backend, threads=1, color="rgb"))
    error = aligned_error_mm(network, sets["rendered"], limit)
    assert error is not None
    return pck(network, sets["photographs"], limit), pck(network, sets["rendered"], limit), error


if __name__ == "__main__":
    main()
