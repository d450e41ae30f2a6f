"""An SSP-Net made ready for export: batch norm folded, heads and entry in their inference form, uint8 images in, named tensors out."""

from __future__ import annotations

import copy
from typing import cast

import torch
from sspnet_train.model import SSPNet, Unit
from sspnet_train.movenet import MoveNetEntry
from torch import Tensor, nn

from .fold import fold_batch_norm
from .guided_entry import InferenceEntry
from .heads import InferenceHead


class InferenceNetwork(nn.Module):
    """uint8 images (N, size, size, 3) RGB -> a dict of named tensors.

    `pose_<cut>` (N, 17, 4): u, v, z, confidence of the last head of pyramid <cut>. `features_<pyramid>_<level>`: what pyramid <pyramid>
    (0 is the entry) left at a level, wherever a cut may hand it on; `fine`: the entry's stride-4 features; `centre`, `joints`: people in
    a whole picture, of networks whose entry finds them.
    """

    def __init__(self, network: SSPNet, cuts: tuple[int, ...], size: int):
        super().__init__()
        self.config, self.cuts, self.size = network.config, cuts, size
        self.network = copy.deepcopy(network).eval()
        fold_batch_norm(self.network)
        for number, pyramid in enumerate(self.network.pyramids, start=1):
            for level, unit in zip(self.config.levels_of(number), cast(nn.ModuleList, pyramid), strict=True):
                cast(Unit, unit).head = InferenceHead(cast(Unit, unit).head, size // 8 // 2**level)  # type: ignore[assignment]
        self.guided = InferenceEntry(self.network.entry, size) if isinstance(self.network.entry, MoveNetEntry) else None

    def forward(self, image: Tensor) -> dict[str, Tensor]:
        x = image.permute(0, 3, 1, 2).float() / 127.5 - 1.0
        outputs: dict[str, Tensor] = {}
        if self.guided is not None:
            entry, (outputs["centre"], outputs["joints"]) = self.guided(x)
        else:
            entry = self.network.entry(x)
        if entry.fine is not None:
            outputs["fine"] = entry.fine
        levels, pose = dict(entry.levels), entry.pose
        names = {level: f"features_0_{level}" for level in levels}
        for number in range(1, self.cuts[-1] + 1):
            levels, pose, predictions = self.network.run_pyramid(number, levels, pose, entry.fine)
            names |= {level: f"features_{number}_{level}" for level in self.config.levels_of(number)}
            if number in self.cuts:
                answer = torch.cat([predictions[-1].pose, predictions[-1].confidence.unsqueeze(2)], dim=2)
                outputs[f"pose_{number}"] = answer
                outputs |= {names[level]: levels[level] for level in levels}
                pose = None if pose is None else answer[..., :3]
        return outputs
