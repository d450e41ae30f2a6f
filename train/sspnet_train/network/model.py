"""SSP-Net: an entry flow, then K pyramids with a head after every unit (Section 3.1, Fig. 1).

Odd pyramids walk down the levels (strides 16, 32, 64 behind an entry at stride 8), even ones walk up. Every unit adds the
features that the previous pyramid left at the same level. The network may be cut after any pyramid. Its answer is then the last
head of that pyramid.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.data.sample import JOINTS
from sspnet_train.network.blocks import ConvBN, Prediction, PredictionBlock, ResidualUnit
from sspnet_train.network.entry_flow import Entry, EntryFlow
from sspnet_train.network.feet import FootPlacement
from sspnet_train.network.movenet import LIGHTNING, THUNDER, MoveNetEntry
from sspnet_train.network.previous_pose import PreviousPose, joined
from sspnet_train.network.second_entry import SecondEntry


@dataclass(frozen=True)
class SSPNetConfig:
    """Every choice that shapes the weights.

    Sums (`merge`) double the features with every unit: in a trained network, batch norms of pyramid 8 saw deviations past 250.
    What late units add drowns in that. Two weights that start at one half prevent it.

    Attributes:
        name: of the config.
        entry: "table1" (the paper's) or "movenet" (starts with a pose).
        heads: "absolute" (Eq. 5-8) or "refining" (the pose of the head before, moved). Refining needs the movenet entry.
        merge: how a unit joins the neighbouring level's features with those that this level held before: "sum" (the paper's) or
            "weighted", by two learnt weights.
        width: features at level 0.
        growth: features added per step down.
        kernel: of the depthwise convolutions.
        pyramids: how many there are; the network may be cut after each.
        levels: steps down that a pyramid makes.
        joints: the first so many of the 28.
        entry_multiplier: scales the widths of "table1".
        depths: residual units per unit, one number per pyramid. The first is DU's or UU's, a second one the prediction block's
            own.
        second_look: pyramids whose level 0 sees the stride-4 features of the last entry again.
        lift: share that the network that knows bodies has in the joints in millimetres (`pose_lift`). 0 means the heads' depths
            alone, as in the paper.
        second_entry: the pyramid before which MoveNet Thunder's trunk joins; 0 for none.
        previous: whether the pose of a video's frame before may come in. Needs refining heads.
        previous_again: whether it comes in behind the second entry too, which looks afresh.
        feet: pyramids whose answer has heels and toes where all joints say that they are (`FootPlacement`). What is handed on to
            the next pyramid stays as the heads left it.
    """

    name: str
    entry: Literal["table1", "movenet"] = "table1"
    heads: Literal["absolute", "refining"] = "absolute"
    merge: Literal["sum", "weighted"] = "sum"
    width: int = 384
    growth: int = 96
    kernel: int = 5
    pyramids: int = 8
    levels: int = 3
    joints: int = 17
    entry_multiplier: float = 1.0
    depths: tuple[int, ...] = ()
    second_look: tuple[int, ...] = ()
    lift: float = 0.0
    second_entry: int = 0
    previous: bool = False
    previous_again: bool = False
    feet: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.pyramids % 2 or self.pyramids < 2 or self.levels < 1:
            raise ValueError(f"pyramids must be even and levels at least 1, got {self.pyramids} and {self.levels}")
        if self.heads == "refining" and self.entry != "movenet":
            raise ValueError('heads="refining" needs entry="movenet": another entry flow gives no first pose to refine')
        if self.second_entry and (self.heads != "refining" or self.levels != 3 or not 3 <= self.second_entry <= self.pyramids):
            raise ValueError('second_entry needs heads="refining", 3 levels and a pyramid from the third on')
        if self.second_entry % 2 == 0 and self.second_entry:
            raise ValueError("second_entry joins before an odd pyramid, where a cut has just ended")
        if self.previous and self.heads != "refining":
            raise ValueError('previous needs heads="refining": other heads start from no pose')
        if self.previous_again and not (self.previous and self.second_entry):
            raise ValueError("previous_again needs previous and a second_entry")
        if self.feet and (self.joints != JOINTS or not set(self.feet) <= set(range(1, self.pyramids + 1))):
            raise ValueError(f"feet needs {JOINTS} joints and names pyramids from 1 to {self.pyramids}")
        if self.depths and len(self.depths) != self.pyramids:
            raise ValueError(f"depths needs one number per pyramid ({self.pyramids}), got {len(self.depths)}")

    @property
    def largest_stride(self) -> int:
        """Height and width of an input must be multiples of this."""
        return int(8 * 2**self.levels)

    def width_at(self, level: int) -> int:
        return self.width + self.growth * level

    def depth_of(self, pyramid: int) -> int:
        """Residual units inside each unit of pyramid 1…K."""
        return self.depths[pyramid - 1] if self.depths else 1

    def levels_of(self, pyramid: int) -> tuple[int, ...]:
        """The levels that pyramid 1…K visits, in order."""
        return tuple(range(1, self.levels + 1)) if pyramid % 2 else tuple(range(self.levels - 1, -1, -1))

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> SSPNetConfig:
        tuples = {key: tuple(value) for key, value in fields.items() if isinstance(value, list)}
        return cls(**{**fields, **tuples})


CONFIGS = {
    "paper": SSPNetConfig("paper", depths=(2,) * 8),
    "edge": SSPNetConfig(
        "edge", entry="movenet", heads="refining", merge="weighted", width=128, growth=0, kernel=3,
        joints=28, depths=(1, 1, 1, 1, 2, 2, 2, 2), second_look=(4, 6, 8), lift=0.9, second_entry=5,
        previous=True, previous_again=True, feet=(2, 4, 8),
    ),
    "tiny": SSPNetConfig("tiny", width=32, growth=0, kernel=3, pyramids=4, entry_multiplier=0.125),
}  # fmt: skip


class Unit(nn.Module):
    """DU or UU with its prediction block: resample, R, add what this level held before, predict."""

    def __init__(self, config: SSPNetConfig, pyramid: int, level: int):
        super().__init__()
        self.down = bool(pyramid % 2)
        inputs, width = config.width_at(level - 1 if self.down else level + 1), config.width_at(level)
        self.residual = ResidualUnit(inputs, width, config.kernel)
        self.deeper = nn.ModuleList(ResidualUnit(width, width, config.kernel) for _ in range(config.depth_of(pyramid) - 1))
        self.merge = nn.Parameter(torch.tensor([0.5, 0.5])) if config.merge == "weighted" else None
        looks = level == 0 and pyramid in config.second_look
        seen_again = (THUNDER if config.second_entry and pyramid >= config.second_entry else LIGHTNING).pyramid[-1]
        self.look = ConvBN(4 * seen_again, width, gamma=0.3) if looks else None
        self.head = PredictionBlock(width, config.joints, config.kernel, config.heads == "refining")

    def forward(
        self, x: Tensor, same_level: Tensor | None, fine: Tensor | None, pose: Tensor | None
    ) -> tuple[Tensor, Prediction]:
        """One unit.

        Args:
            x: features of the neighbouring level.
            same_level: what the previous pyramid left at this level.
            fine: features at stride 4, or None.
            pose: (N, J, 3) so far, or None.

        Returns:
            Features F (Eq. 4), and the head's prediction.
        """
        x = F.max_pool2d(x, 2) if self.down else F.interpolate(x, scale_factor=2.0, mode="nearest")
        x = self.residual(x)
        if same_level is not None:
            x = x + same_level if self.merge is None else self.merge[0] * x + self.merge[1] * same_level
        for unit in self.deeper:
            x = unit(x)
        if self.look is not None and fine is not None:
            x = x + self.look(F.pixel_unshuffle(fine, 2))
        return self.head(x, pose)


class SSPNet(nn.Module):
    """Images to one `Prediction` per head, in order. The last head of pyramid k answers for cut k."""

    def __init__(self, config: SSPNetConfig):
        super().__init__()
        self.config = config
        self.entry: EntryFlow | MoveNetEntry
        if config.entry == "movenet":
            self.entry = MoveNetEntry(config.width, config.joints)
        else:
            self.entry = EntryFlow(config.width, config.entry_multiplier)
        self.previous = PreviousPose(config.width, config.joints) if config.previous else None
        self.second_entry = SecondEntry(config.width, config.joints) if config.second_entry else None
        self.previous_again = PreviousPose(config.width, config.joints) if config.previous_again else None
        self.pyramids = nn.ModuleList(
            nn.ModuleList(Unit(config, pyramid, level) for level in config.levels_of(pyramid))
            for pyramid in range(1, config.pyramids + 1)
        )
        self.feet = nn.ModuleDict({str(pyramid): FootPlacement() for pyramid in config.feet})
        self.bodies: dict[str, Tensor] = {}
        """Weights of the network that knows bodies, where the checkpoint brings its own; no part of `state_dict`."""

    def forward(self, image: Tensor, cut: int | None = None, previous: Tensor | None = None) -> list[Prediction]:
        """Every head's prediction.

        Args:
            image: (N, 3, H, W) RGB in [-1, 1], H and W multiples of `config.largest_stride`.
            cut: the last pyramid that runs; None for all of them.
            previous: (N, J, 4) u, v, z and confidence of the same people in the frame before, in [0, 1] of this crop. None, or
                a confidence of 0: nothing is known. A network without `config.previous` does not look at it.

        Returns:
            levels·cut predictions. Head i belongs to pyramid 1 + i // levels.
        """
        return self.answers(image, cut, previous)[1]

    def answers(
        self, image: Tensor, cut: int | None = None, previous: Tensor | None = None
    ) -> tuple[list[Tensor], list[Prediction]]:
        """As `forward`; and the poses (N, J, 2 or 3) that the entries gave to the pyramids behind them, in order."""
        entry = self.entry(image)
        levels, pose = self.start(entry, previous)
        fine, given = entry.fine, [] if entry.pose is None else [entry.pose]
        if pose is not None and self.previous is not None and previous is not None:
            given.append(pose)
        predictions: list[Prediction] = []
        for number in range(1, (cut or self.config.pyramids) + 1):
            if number == self.config.second_entry:
                assert self.second_entry is not None and pose is not None
                second = self.second_entry(image, levels, pose.detach())
                assert second.pose is not None
                given.append(second.pose)
                fine, (levels, pose) = second.fine, joined(self.previous_again, second.levels, second.pose, previous)
                if pose is not second.pose:
                    given.append(pose)
            levels, pose, found = self.run_pyramid(number, levels, pose, fine)
            predictions += found
        return given, predictions

    def start(self, entry: Entry, previous: Tensor | None) -> tuple[dict[int, Tensor], Tensor | None]:
        """What pyramid 1 starts from: features by level, and a pose (N, J, 3) where the entry gives one."""
        if entry.pose is None:
            return dict(entry.levels), None
        pose = torch.cat([entry.pose, torch.full_like(entry.pose[..., :1], 0.5)], dim=2)
        return joined(self.previous, entry.levels, pose, previous)

    def run_pyramid(
        self, number: int, levels: dict[int, Tensor], pose: Tensor | None, fine: Tensor | None
    ) -> tuple[dict[int, Tensor], Tensor | None, list[Prediction]]:
        """Run pyramid 1…K.

        No gradient flows from a head into the pose it started from, so each head answers for its own move.

        Args:
            number: of the pyramid.
            levels: features by level.
            pose: (N, J, 3) so far.
            fine: features at stride 4, or None.

        Returns:
            Levels and pose afterwards, and the predictions of its heads.
        """
        levels, predictions = dict(levels), []
        order = self.config.levels_of(number)
        x = levels[order[0] - 1 if number % 2 else order[0] + 1]
        units = cast(nn.ModuleList, self.pyramids[number - 1])
        for level, unit in zip(order, units, strict=True):
            x, prediction = unit(x, levels.get(level), fine, None if pose is None else pose.detach())
            levels[level] = x
            predictions.append(prediction)
            if self.config.heads == "refining":
                pose = prediction.pose
        if number in self.config.feet:
            last = predictions[-1]
            predictions[-1] = last._replace(pose=self.feet[str(number)](last.pose, last.confidence))
        return levels, pose, predictions
