"""A TensorFlow.js file of a MoveNet with any widths and random weights, named as the real one, and what its graph computes."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from sspnet_train.network.init_movenet import EXTRACTOR, GRAPH, HEADS
from sspnet_train.network.movenet import TrunkWidths
from torch import Tensor

OUTPUTS = {"center": 1, "kpt_heatmap": 17, "kpt_regress": 34, "kpt_offset": 34, "box_scale": 2, "box_offset": 2}


def write_movenet(path: Path, size: int, widths: TrunkWidths, heads: dict[str, tuple[str, int, int]] = HEADS) -> Path:
    """size: of the input, in pixels; heads: as `init_movenet.HEADS`. Returns `path`, the .json."""
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
    for name, depthwise, conv in heads.values():
        prefix = f"{GRAPH}{name}_0/separable_conv2d_{depthwise}/"
        put(prefix + "separable_conv2d/ReadVariableOp", 3, 3, width, 1)
        put(prefix + "separable_conv2d/ReadVariableOp_1", 1, 1, width, 96)
        put(prefix + "BiasAdd/ReadVariableOp", 96)
        biased(f"{GRAPH}{name}_0/conv2d_{conv}", 1, 1, 96, OUTPUTS[name])
    manifest = [{"name": name, "shape": list(values.shape), "dtype": "float32"} for name, values in weights.items()]
    path.write_text(json.dumps({"weightsManifest": [{"weights": manifest}]}))
    path.with_suffix(".bin").write_bytes(b"".join(values.tobytes() for values in weights.values()))
    return path


class GraphOfFile:
    """What TensorFlow computes from such a file, operation by operation, in float64. Features at stride 4, and heads on them."""

    def __init__(self, weights: dict[str, np.ndarray]):
        floats = {name: values.astype(np.float64) for name, values in weights.items() if values.dtype == np.float32}
        self._weights = {name: torch.from_numpy(values) for name, values in floats.items()}

    def features(self, x: Tensor) -> Tensor:
        """MobileNetV2, then a feature pyramid. (N, 3, H, W) in [-1, 1] -> features at stride 4."""
        model = EXTRACTOR + "model/"
        x, skips = F.relu6(self._folded(x, model + "Conv1/Conv2D", stride=2)), []
        for index in range(17):
            prefix, stride = f"{model}block_{index}_" if index else f"{model}expanded_conv_", 2 if index in (1, 3, 6, 13) else 1
            y = F.relu6(self._folded(x, prefix + "expand/Conv2D")) if index else x
            y = F.relu6(self._folded(y, prefix + "depthwise/depthwise", stride, depthwise=True))
            y = self._folded(y, prefix + "project/Conv2D")
            x = x + y if y.shape == x.shape else y
            skips += [x] if index in (2, 5, 9) else []
        x = self._biased(F.relu6(self._folded(x, model + "Conv_1/Conv2D")), f"{EXTRACTOR}conv2d")
        for index, (skip, suffix) in enumerate(zip(reversed(skips), ("", "_1", "_2"), strict=True)):
            up = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            separable = f"{EXTRACTOR}separable_conv2d{suffix}/separable_conv2d"
            x = up + self._biased(skip, f"{EXTRACTOR}conv2d_{index + 1}")
            x = _convolved(x, self._weights[separable + "/ReadVariableOp"], None, depthwise=True)
            x = F.relu(self._folded(x, separable))
        return x

    def head(self, name: str, fine: Tensor) -> Tensor:
        """name: of `HEADS`."""
        there, separable, last = HEADS[name]
        prefix = f"{GRAPH}{there}_0/separable_conv2d_{separable}/"
        depthwise, pointwise, bias = (
            self._weights[prefix + part]
            for part in ("separable_conv2d/ReadVariableOp", "separable_conv2d/ReadVariableOp_1", "BiasAdd/ReadVariableOp")
        )
        x = F.relu(_convolved(_convolved(fine, depthwise, None, depthwise=True), pointwise, bias))
        return self._biased(x, f"{GRAPH}{there}_0/conv2d_{last}")

    def _folded(self, x: Tensor, path: str, stride: int = 1, depthwise: bool = False) -> Tensor:
        return _convolved(x, self._weights[path + "_weights"], self._weights[path + "_bn_offset"], stride, depthwise)

    def _biased(self, x: Tensor, path: str) -> Tensor:
        return _convolved(x, self._weights[path + "/Conv2D/ReadVariableOp"], self._weights[path + "/BiasAdd/ReadVariableOp"])


def _convolved(x: Tensor, kernel: Tensor, bias: Tensor | None, stride: int = 1, depthwise: bool = False) -> Tensor:
    """A convolution with TensorFlow's kernel (HWIO, HWCM where depthwise) and its SAME padding: (0, 1) at stride 2."""
    weight = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
    if stride == 2:
        x = F.pad(x, (0, 1, 0, 1))
    padding = 0 if stride == 2 else kernel.shape[0] // 2
    return F.conv2d(x, weight, bias, stride, padding, groups=x.shape[1] if depthwise else 1)
