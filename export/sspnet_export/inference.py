"""An SSP-Net made ready for export: uint8 images in, named tensors out, every constant folded, few operations."""

from __future__ import annotations

import copy
from typing import cast

from sspnet_train.network.feet import FootPlacement
from sspnet_train.network.model import SSPNet, Unit
from sspnet_train.network.movenet import MoveNetEntry
from torch import Tensor, nn

from sspnet_export.feet import InferenceFeet
from sspnet_export.fold import fold_batch_norm, folded_conv
from sspnet_export.guided_entry import InferenceEntry
from sspnet_export.previous_pose import InferencePreviousPose
from sspnet_export.second_entry import InferenceSecondEntry
from sspnet_export.units import InferenceUnit

FINDER_OUTPUTS = ("centre", "joints", "heat")
ROOT_FEATURES = "root_features"


class InferenceNetwork(nn.Module):
    """uint8 images (N, size, size, 3) RGB to a dict of named tensors.

    If the config has `previous`, the poses of the frame before come in too: (N, J, 4) u, v, z, confidence.

    - `pose_<cut>` (N, J, 4): u, v, z, confidence of the last head of pyramid <cut>.
    - `features_<pyramid>_<level>`: what pyramid <pyramid> (0 is the entry) left at a level, where a cut may hand over to the next
      stage.
    - `state_<cut>`: the pose so far, as refining heads hand it on.
    - `fine`: the entry's stride-4 features.
    - `centre`, `joints`, `heat`: people in a picture, if the entry finds them.
    - `root_features` (N, width), if asked for: what the root's depth network reads, F_1^3.
    """

    def __init__(self, network: SSPNet, cuts: tuple[int, ...], size: int, root_features: bool = False):
        super().__init__()
        self.config, self.cuts, self.size, self.root_features = network.config, cuts, size, root_features
        network = copy.deepcopy(network).eval().requires_grad_(False)
        fold_batch_norm(network)
        stem = network.entry.stem
        stem.conv = folded_conv(stem).of_scaled_input(127.5)  # type: ignore[assignment]
        self.entry: nn.Module = network.entry
        known = {0}
        if isinstance(network.entry, MoveNetEntry):
            self.entry, known = InferenceEntry(network.entry, size), {0, 1, 2}
        self.previous = None if network.previous is None else InferencePreviousPose(network.previous, size)
        self.second_entry: InferenceSecondEntry | None = None
        self.previous_again: InferencePreviousPose | None = None
        if network.second_entry is not None and self.config.second_entry <= cuts[-1]:
            second = network.second_entry
            second.stem.conv = folded_conv(second.stem).of_scaled_input(127.5)
            self.second_entry = InferenceSecondEntry(second, size, self.config.joints)
            if network.previous_again is not None:
                self.previous_again = InferencePreviousPose(network.previous_again, size)
        self.feet = {cut: InferenceFeet(cast(FootPlacement, network.feet[str(cut)])) for cut in cuts if cut in self.config.feet}
        self.pyramids = nn.ModuleList()
        for number in range(1, cuts[-1] + 1):
            levels = self.config.levels_of(number)
            units = [cast(Unit, unit) for unit in cast(nn.ModuleList, network.pyramids[number - 1])]
            pairs = zip(units, levels, strict=True)
            self.pyramids.append(
                nn.ModuleList(InferenceUnit(unit, size // 8 // 2**level, level in known) for unit, level in pairs)
            )
            known |= set(levels)

    def forward(self, image: Tensor, previous: Tensor | None = None) -> dict[str, Tensor]:
        picture = (image.float() - 127.5).permute(0, 3, 1, 2)
        outputs: dict[str, Tensor] = {}
        if isinstance(self.entry, InferenceEntry):
            entry, (outputs["centre"], outputs["joints"], outputs["heat"]) = self.entry(picture)
            outputs["fine"] = entry.fine
        else:
            entry = self.entry(picture)
        levels, state, fine = dict(entry.levels), entry.pose, entry.fine
        if self.previous is not None and previous is not None:
            assert state is not None
            levels, state = self.previous.joined(levels, state, previous)
        names = {level: f"features_0_{level}" for level in levels}
        for number, pyramid in enumerate(self.pyramids, start=1):
            if self.second_entry is not None and number == self.config.second_entry:
                assert state is not None
                levels, state, fine = self.second_entry(picture, levels, state)
                if self.previous_again is not None and previous is not None:
                    levels, state = self.previous_again.joined(levels, state, previous)
            order = self.config.levels_of(number)
            x = levels[order[0] - 1 if number % 2 else order[0] + 1]
            for level, unit in zip(order, cast(nn.ModuleList, pyramid), strict=True):
                x, moved, found = unit(x, levels.get(level), fine, state)
                levels[level], names[level] = x, f"features_{number}_{level}"
                state = None if state is None else moved
            if number == 1 and self.root_features:
                outputs[ROOT_FEATURES] = levels[self.config.levels].mean(dim=(2, 3))
            if number in self.cuts:
                answer = cast(InferenceUnit, unit).head.answer(moved, found)
                outputs[f"pose_{number}"] = self.feet[number](answer) if number in self.feet else answer
                outputs |= {names[level]: levels[level] for level in levels}
                if state is not None:
                    outputs[f"state_{number}"] = state
        return outputs
