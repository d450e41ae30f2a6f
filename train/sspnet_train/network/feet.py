"""Where all joints of a pose say that its heels and toes are.

A foot is small, often hidden, and its map may hold the other foot too. Heads move each joint on its own. Knees, ankles, the other
toes and how sure each of them is say much about it. One small network per cut reads them all, and moves the six joints.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sspnet_train.data.sample import JOINTS
from sspnet_train.network.movenet import SHIN_OF_FOOT

FEET, ANKLES = list(SHIN_OF_FOOT), [ankle for _, ankle in SHIN_OF_FOOT.values()]
HIDDEN = 256
CROPS, FOOT_CROPS = 4.0, 12.0
"""Places and depths are read in quarters of a crop, what lies between ankle and foot in twelfths."""


class FootPlacement(nn.Module):
    """A pose of 28 joints and its confidences to the same pose with other heels and toes. At the start it changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(4 * JOINTS + 2 * len(FEET), HIDDEN)
        self.move = nn.Linear(HIDDEN, 2 * len(FEET))
        self.forget()

    def forget(self) -> None:
        """Change nothing from now on."""
        nn.init.zeros_(self.move.weight)
        nn.init.zeros_(self.move.bias)

    def forward(self, pose: Tensor, confidence: Tensor) -> Tensor:
        """Place heels and toes.

        Args:
            pose: (N, 28, 3) u, v, z in [0, 1].
            confidence: (N, 28) in [0, 1].

        Returns:
            The pose (N, 28, 3). The network learns from it; what it reads does not.
        """
        read = pose.detach()
        places = CROPS * (read[..., :2] - read[:, :1, :2])
        seen = torch.cat([places, CROPS * (read[..., 2:] - 0.5), 2 * confidence.detach().unsqueeze(2) - 1], dim=2)
        feet = FOOT_CROPS * (read[:, FEET, :2] - read[:, ANKLES, :2])
        move = self.move(F.relu(self.hidden(torch.cat([seen.flatten(1), feet.flatten(1)], dim=1)))).unflatten(1, (-1, 2))
        return pose + F.pad(move, (0, 1, JOINTS - len(FEET), 0))
