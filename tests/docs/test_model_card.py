"""What the model card and the README say of the default bundle is what its manifest says."""

import re

from page_blocks import ROOT

from sspnet_sdk import open_bundle

CARD, README = ((ROOT / name).read_text(encoding="utf-8") for name in ("MODEL_CARD.md", "README.md"))


def test_accuracy_by_cut_and_size():
    bundle = open_bundle()
    stated = {(cut, size): bundle.accuracy("fp32", size, cut) for cut in bundle.cuts for size in bundle.sizes}
    rows = [(str(cut), str(size), f"{one['pck']:.3f}", f"{one['pa_mpjpe_mm']:.1f}") for (cut, size), one in stated.items()]
    assert re.findall(r"^\| (\d+) \| (\d+) \| (0\.\d+) \| (\d+\.\d) \|$", CARD, re.M) == rows
    largest = " | ".join(f"{stated[cut, bundle.sizes[-1]]['pa_mpjpe_mm']:.1f} mm" for cut in bundle.cuts)
    assert f"rendered people | {largest} |" in README


def test_work_by_cut():
    bundle = open_bundle()
    work = {cut: f"{bundle.macs(bundle.sizes[-1], cut) / 1e9:.2f} G" for cut in bundle.cuts}
    assert f"| {', '.join(f'cut {cut} {macs}' for cut, macs in work.items())} |" in CARD
    assert f"| multiply-accumulates | {' | '.join(work.values())} |" in README
