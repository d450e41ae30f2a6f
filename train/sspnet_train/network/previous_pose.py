"""In a video, where the joints were in the frame before is part of what the first head behind an entry starts from.

The pose of the frame before comes in twice. A small network weighs it against the entry's guess, all joints at once, so that legs
that swapped sides are seen as such. And its joints are drawn as blobs into the features at stride 8, where every head may read
them. Joints of confidence 0 do neither: with nothing known, the network answers as it would without.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.network.soft_argmax import pixel_centres

HIDDEN = 128
LITTLE_TRUST = -1.0


class PreviousPose(nn.Module):
    """An entry's guess, its features and the pose of the frame before, to guess and features."""

    def __init__(self, width: int, joints: int):
        super().__init__()
        self.hidden = nn.Linear(8 * joints, HIDDEN)
        self.trust = nn.Linear(HIDDEN, 3 * joints)
        self.to_level0 = nn.Conv2d(joints, width, 1, bias=False)
        nn.init.zeros_(self.trust.weight)
        nn.init.constant_(self.trust.bias, LITTLE_TRUST)
        nn.init.zeros_(self.to_level0.weight)

    def forward(self, guess: Tensor, previous: Tensor) -> Tensor:
        """p + g·(q - p) for each joint and axis. The trust g, in [0, 1], is 0 where nothing is known.

        Args:
            guess: p, (N, J, 3) u, v, z in [0, 1].
            previous: q and its confidence, (N, J, 4), in the coordinates of this crop.

        Returns:
            The pose (N, J, 3) that the first head refines.
        """
        known = (previous[..., 3:] > 0).to(guess.dtype)
        moved = (previous[..., :3] - guess) * known
        seen = torch.cat([moved, known * (previous - 0.5)[..., :3], previous[..., 3:], known], dim=2)
        trust = torch.sigmoid(self.trust(F.relu(self.hidden(seen.flatten(1)))))
        return guess + trust.view(guess.shape) * moved

    def features(self, previous: Tensor, height: int, width: int) -> Tensor:
        """What level 0 sees of the frame before, (N, width, H/8, W/8): a blob of one cell for each joint, c·exp(-d²/2)."""
        across = (pixel_centres(width, previous) - previous[..., 0:1]) * width
        down = (pixel_centres(height, previous) - previous[..., 1:2]) * height
        rows, columns = previous[..., 3:] * torch.exp(-0.5 * down * down), torch.exp(-0.5 * across * across)
        return self.to_level0(rows.unsqueeze(3) * columns.unsqueeze(2))


def joined(
    block: PreviousPose | None, levels: dict[int, Tensor], guess: Tensor, previous: Tensor | None
) -> tuple[dict[int, Tensor], Tensor]:
    """Features by level and the pose that heads start from; both as they came in without a block or a frame before."""
    if block is None or previous is None:
        return dict(levels), guess
    seen = levels[0] + block.features(previous, *levels[0].shape[2:])
    return {**levels, 0: seen}, block(guess.detach(), previous)
