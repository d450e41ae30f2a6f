"""MoveNet MultiPose (Google, Apache-2.0) as a finder: where the people of a whole picture are.

MoveNet Lightning at 1.5 times its width (`movenet.py`), with heads of its own: centres of people, and a box around each.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sspnet_train.errors import CheckpointError
from sspnet_train.network.movenet import HEAD_WIDTH, MoveNetTrunk, TrunkWidths, movenet_head
from sspnet_train.network.weight_file import fitted, read_weights, write_weights

CELL = 4  # pixels of the picture to one cell of the maps, each way
STRIDE = 32  # sides of the picture are multiples of this


@dataclass(frozen=True)
class MultiPoseConfig(TrunkWidths):
    """Widths of the trunk, as MultiPose has them, and of the heads.

    Attributes:
        head: features between a head's two 1x1 convolutions.
    """

    stem: int = 48
    blocks: tuple[int, ...] = (24, 40, 40, 48, 48, 48, 96, 96, 96, 96, 144, 144, 144, 240, 240, 240, 480)
    head: int = HEAD_WIDTH

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> MultiPoseConfig:
        """The inverse of `to_json`.

        Raises:
            ValueError: `text` is not what `to_json` gave.
            TypeError: likewise.
        """
        fields: dict[str, Any] = json.loads(text)
        widths: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        return cls(**widths)


class MultiPose(MoveNetTrunk):
    """Pictures (N, 3, H, W) RGB in [-1, 1], sides multiples of 32 -> centres and boxes of people, one cell to 4 x 4 pixels."""

    def __init__(self, config: MultiPoseConfig | None = None):
        config = config or MultiPoseConfig()
        super().__init__(config)
        self.config = config
        heads = (movenet_head(config.pyramid[-1], outputs, config.head) for outputs in (1, 2, 2))
        self.centre, self.box_offset, self.box_scale = heads

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Where people are.

        Returns:
            Centre (N, H/4, W/4) in [0, 1]: how surely a person's centre lies in the cell. Box (N, 4, H/4, W/4) in cells: that
            person's middle from the cell's first corner, x and y, then width and height.
        """
        return self.maps(self.trunk(picture)[-1])

    def maps(self, at4: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, from the trunk's features at stride 4."""
        box = torch.cat([self.box_offset(at4), F.relu(self.box_scale(at4))], dim=1)
        return torch.sigmoid(self.centre(at4))[:, 0], box


def save_finder(path: Path, network: MultiPose, notes: dict[str, str] | None = None) -> None:
    """Write a finder's widths, weights and notes in one step: a killed process leaves the old file."""
    write_weights(path, network.state_dict(), {**(notes or {}), "finder_config": network.config.to_json()})


def load_finder(path: Path) -> tuple[MultiPose, dict[str, str]]:
    """Read what `save_finder` wrote.

    Returns:
        The finder in eval mode, and its notes.

    Raises:
        CheckpointError: the file is missing, damaged, or no finder.
    """
    weights, notes = read_weights(path, "finder")
    if "finder_config" not in notes:
        raise CheckpointError(f"{path} is no finder: its metadata has no finder_config")
    config = notes.pop("finder_config")
    return fitted(lambda: MultiPose(MultiPoseConfig.from_json(config)), weights, path), notes
