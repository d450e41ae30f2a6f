"""A sheet of validation people with their labels (white) and what the network says (colour), because people look at pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch

from sspnet_sdk.pose import JOINT_PARENTS
from sspnet_train.data.crop import plain_crop
from sspnet_train.data.pictures import write_jpeg
from sspnet_train.data.sample import SampleSource
from sspnet_train.network.model import SSPNet
from sspnet_train.network.network_input import network_input

PEOPLE_PER_SET, TILE = 12, 160
RIGHT, LEFT, MIDDLE, LABEL = (230, 120, 60), (60, 150, 230), (110, 200, 90), (255, 255, 255)
RIGHT_JOINTS, LEFT_JOINTS = (1, 2, 3, 14, 15, 16), (4, 5, 6, 11, 12, 13)
SURE = 0.3


def write_overlays(network: SSPNet, validation: Mapping[str, SampleSource], size: int, folder: Path, step: int) -> Path:
    """folder/step_000400.jpg: one row of pairs of rows per data set. Returns the path."""
    sheet = np.concatenate([overlay_rows(network, source, size) for source in validation.values()])
    path = folder / f"step_{step:06d}.jpg"
    write_jpeg(path, sheet)
    return path


@torch.no_grad()
def overlay_rows(network: SSPNet, source: SampleSource, size: int, people: int = PEOPLE_PER_SET) -> np.ndarray:
    """People spread over the set, six a row -> (rows·160, 960, 3) uint8 RGB."""
    places = np.linspace(0, len(source) - 1, min(people, len(source))).astype(int)
    samples = [source[int(place)] for place in places]
    crops = [plain_crop(sample, size) for sample in samples]
    images = network_input([crop for crop, _ in crops])
    said = network.eval()(images.to(next(network.parameters()).device))[-1]
    tiles = []
    for sample, (crop, view), pose, confidence in zip(
        samples, crops, said.pose.cpu().numpy(), said.confidence.cpu().numpy(), strict=True
    ):
        tile, scale = cv2.resize(crop, (TILE, TILE), interpolation=cv2.INTER_AREA), TILE / size
        truth = (sample.keypoints @ view[:, :2].T + view[:, 2]) * scale
        _draw(tile, truth, sample.weight > 0, plain=True)
        _draw(tile, pose[:, :2] * TILE, confidence > SURE, plain=False)
        tiles.append(tile)
    tiles += [np.zeros((TILE, TILE, 3), np.uint8)] * (-len(tiles) % 6)
    return np.concatenate([np.concatenate(tiles[row : row + 6], axis=1) for row in range(0, len(tiles), 6)])


def _draw(tile: np.ndarray, points: np.ndarray, known: np.ndarray, plain: bool) -> None:
    whole = np.round(np.clip(np.nan_to_num(points), -TILE, 2 * TILE)).astype(int)
    for joint, parent in enumerate(JOINT_PARENTS[: len(known)]):
        if parent >= 0 and known[joint] and known[parent]:
            colour = LABEL if plain else RIGHT if joint in RIGHT_JOINTS else LEFT if joint in LEFT_JOINTS else MIDDLE
            cv2.line(tile, tuple(map(int, whole[joint])), tuple(map(int, whole[parent])), colour, 1 if plain else 2, cv2.LINE_AA)
