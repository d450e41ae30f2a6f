"""MoveNet MultiPose (Google, Apache-2.0) as a finder: where the people of a whole picture are.

MoveNet Lightning at 1.5 times its width (`movenet.py`), with heads of its own: centres of people, and a box around each.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from sspnet_train.network.checkpoint import CheckpointError, halved
from sspnet_train.network.movenet import FusionUnit, InvertedResidual, SameConvBN

CELL = 4  # pixels of the picture to one cell of the maps, each way
STRIDE = 32  # sides of the picture are multiples of this


@dataclass(frozen=True)
class MultiPoseConfig:
    """Widths: the stem, each block of the trunk, the trunk's last layer, the feature pyramid from stride 32 to 4, the heads."""

    stem: int = 48
    blocks: tuple[int, ...] = (24, 40, 40, 48, 48, 48, 96, 96, 96, 96, 144, 144, 144, 240, 240, 240, 480)
    last: int = 1280
    pyramid: tuple[int, ...] = (64, 32, 24, 24)
    head: int = 96

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> MultiPoseConfig:
        """Raises ValueError or TypeError where `text` is not what `to_json` gave."""
        fields: dict[str, Any] = json.loads(text)
        widths: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        return cls(**widths)


class MultiPose(nn.Module):
    """Pictures (N, 3, H, W) RGB in [-1, 1], sides multiples of 32 -> centres and boxes of people, one cell to 4 x 4 pixels."""

    FIRST_OF_STRIDE = (1, 3, 6, 13)  # blocks that halve the picture
    LATERALS = (9, 5, 2)  # blocks that the pyramid reads, at strides 16, 8, 4

    def __init__(self, config: MultiPoseConfig | None = None):
        super().__init__()
        self.config = config or MultiPoseConfig()
        widths = self.config.blocks
        self.stem = SameConvBN(3, self.config.stem, 3, stride=2)
        self.blocks = nn.ModuleList(
            InvertedResidual(inputs, outputs, 2 if index in self.FIRST_OF_STRIDE else 1, 6 if index else 1)
            for index, (inputs, outputs) in enumerate(zip((self.config.stem, *widths), widths, strict=False))
        )
        self.last = SameConvBN(widths[-1], self.config.last)
        pyramid = self.config.pyramid
        self.top = nn.Conv2d(self.config.last, pyramid[0], 1)
        self.fusion = nn.ModuleList(
            FusionUnit(widths[lateral], inputs, outputs)
            for lateral, inputs, outputs in zip(self.LATERALS, pyramid, pyramid[1:], strict=False)
        )
        self.centre, self.box_offset, self.box_scale = (self._head(outputs) for outputs in (1, 2, 2))

    def _head(self, outputs: int) -> nn.Sequential:
        """Depthwise 3x3, 1x1, ReLU, 1x1."""
        width, hidden = self.config.pyramid[-1], self.config.head
        depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        return nn.Sequential(depthwise, nn.Conv2d(width, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, outputs, 1))

    def trunk(self, picture: Tensor) -> Tensor:
        """(N, 3, H, W) -> (N, 24, H/4, W/4), all that the heads read."""
        return self.deep(self.shallow(picture, 0), 0)

    def shallow(self, picture: Tensor, blocks: int) -> list[Tensor]:
        """What the stem and the first `blocks` blocks answer, one after the other."""
        answers = [F.relu6(self.stem(picture))]
        for block in self.blocks[:blocks]:
            answers.append(block(answers[-1]))
        return answers

    def deep(self, shallow: list[Tensor], blocks: int) -> Tensor:
        """The rest of the trunk."""
        answers = list(shallow)
        for block in self.blocks[blocks:]:
            answers.append(block(answers[-1]))
        x = self.top(F.relu6(self.last(answers[-1])))
        for lateral, fusion in zip(self.LATERALS, self.fusion, strict=True):
            x = fusion(x, answers[1 + lateral])
        return x

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """-> centre (N, H/4, W/4) in [0, 1]: how surely a person's centre lies in the cell; box (N, 4, H/4, W/4) in cells: that
        person's middle from the cell's first corner, x and y, then width and height."""
        return self.maps(self.trunk(picture))

    def maps(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, from the features."""
        box = torch.cat([self.box_offset(features), F.relu(self.box_scale(features))], dim=1)
        return torch.sigmoid(self.centre(features))[:, 0], box


def save_finder(path: Path, network: MultiPose, notes: dict[str, str] | None = None) -> None:
    """One .safetensors file: widths, weights as fp16, notes; in one step."""
    weights = {key: halved(key, value.detach().cpu()).contiguous() for key, value in network.state_dict().items()}
    partial = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, partial, {**(notes or {}), "finder_config": network.config.to_json()})
    os.replace(partial, path)


def load_finder(path: Path) -> tuple[MultiPose, dict[str, str]]:
    """The finder of a file, in eval mode, and its notes. Raises CheckpointError in one line."""
    try:
        with safe_open(path, framework="pt") as file:
            notes = dict(file.metadata() or {})
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except FileNotFoundError:
        raise CheckpointError(f"no finder at {path}") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path} is not a .safetensors file: {error}") from None
    if "finder_config" not in notes:
        raise CheckpointError(f"{path} is no finder: its metadata has no finder_config")
    try:
        with torch.device("meta"):
            network = MultiPose(MultiPoseConfig.from_json(notes.pop("finder_config")))
        floats = {key: value.float() if value.is_floating_point() else value for key, value in weights.items()}
        network.load_state_dict(floats, assign=True)
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path}: weights do not fit its config: {str(error).splitlines()[-1].strip()}") from None
    if not all(torch.isfinite(value).all() for value in network.state_dict().values()):
        raise CheckpointError(f"{path} holds numbers that are not finite")
    return network.eval(), notes
