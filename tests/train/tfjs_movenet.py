"""A TensorFlow.js file of a MoveNet with any widths and random weights, named as the real one."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
from sspnet_train.labels.movenet_teacher import HEADS
from sspnet_train.network.init_movenet import EXTRACTOR, GRAPH
from sspnet_train.network.movenet import TrunkWidths

OUTPUTS = {"center": 1, "kpt_heatmap": 17, "kpt_regress": 34, "kpt_offset": 34, "box_scale": 2, "box_offset": 2}


def write_movenet(path: Path, size: int, widths: TrunkWidths, heads: dict[str, tuple[int, int]] = HEADS) -> Path:
    """size: of the input, in pixels; heads: name -> the numbers of its two convolutions. Returns `path`, the .json."""
    blocks, last, pyramid = widths.blocks, widths.last, list(pairwise(widths.pyramid))
    rng = np.random.default_rng(0)
    weights: dict[str, np.ndarray] = {
        "ConstantFolding/" + GRAPH + "truediv_2_recip": np.full((size // 4, size // 4, 1), 0.02, np.float32)
    }

    def put(name: str, *shape: int) -> None:
        fan = int(np.prod(shape[:-1])) if shape[-1] > 1 else int(np.prod(shape[:2]))
        weights[name] = (
            rng.normal(0, 1.4 / np.sqrt(max(fan, 1)), shape) if len(shape) > 1 else rng.normal(0, 0.1, shape)
        ).astype(np.float32)

    def folded(name: str, *shape: int) -> None:
        put(name + "_weights", *shape)
        put(name + "_bn_offset", shape[2] if shape[3] == 1 else shape[3])

    def biased(name: str, *shape: int) -> None:
        put(name + "/Conv2D/ReadVariableOp", *shape)
        put(name + "/BiasAdd/ReadVariableOp", shape[3])

    model = EXTRACTOR + "model/"
    folded(model + "Conv1/Conv2D", 3, 3, 3, widths.stem)
    inputs = widths.stem
    for index, outputs in enumerate(blocks):
        prefix, hidden = (f"{model}block_{index}_", 6 * inputs) if index else (model + "expanded_conv_", inputs)
        if index:
            folded(prefix + "expand/Conv2D", 1, 1, inputs, hidden)
        folded(prefix + "depthwise/depthwise", 3, 3, hidden, 1)
        folded(prefix + "project/Conv2D", 1, 1, hidden, outputs)
        inputs = outputs
    folded(model + "Conv_1/Conv2D", 1, 1, inputs, last)
    biased(EXTRACTOR + "conv2d", 1, 1, last, widths.pyramid[0])
    for index, (skip, suffix) in enumerate(zip((9, 5, 2), ("", "_1", "_2"), strict=True)):
        biased(f"{EXTRACTOR}conv2d_{index + 1}", 1, 1, blocks[skip], pyramid[index][0])
        separable = f"{EXTRACTOR}separable_conv2d{suffix}/separable_conv2d"
        put(separable + "/ReadVariableOp", 3, 3, pyramid[index][0], 1)
        folded(separable, 1, 1, *pyramid[index])
    width = pyramid[-1][1]
    for name, (depthwise, conv) in heads.items():
        prefix = f"{GRAPH}{name}_0/separable_conv2d_{depthwise}/"
        put(prefix + "separable_conv2d/ReadVariableOp", 3, 3, width, 1)
        put(prefix + "separable_conv2d/ReadVariableOp_1", 1, 1, width, 96)
        put(prefix + "BiasAdd/ReadVariableOp", 96)
        biased(f"{GRAPH}{name}_0/conv2d_{conv}", 1, 1, 96, OUTPUTS[name])
    manifest = [{"name": name, "shape": list(values.shape), "dtype": "float32"} for name, values in weights.items()]
    path.write_text(json.dumps({"weightsManifest": [{"weights": manifest}]}))
    path.with_suffix(".bin").write_bytes(b"".join(values.tobytes() for values in weights.values()))
    return path
