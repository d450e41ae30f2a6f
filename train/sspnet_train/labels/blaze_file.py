"""BlazePose's answers to photographs, in one .npz that was made elsewhere (MediaPipe needs an older numpy)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sspnet_train.errors import LabelError

Landmarks = tuple[np.ndarray, np.ndarray]
"""image (33, 3): x, y in pixels of the photograph and visibility; world (33, 3): mm, x right, y down, z away."""


class BlazeAnswers:
    """The answers in a file. One photograph may show several people.

    The file holds `photograph` (n,) names relative to the folder, `landmarks` (n, 33, 3) x, y, visibility in the photograph's
    pixels, and `world` (n, 33, 3) mm with the origin between the hips.
    """

    def __init__(self, file: Path):
        try:
            with np.load(file) as arrays:
                names, landmarks, world = arrays["photograph"].astype(str), arrays["landmarks"], arrays["world"]
        except (OSError, ValueError, KeyError) as error:
            raise LabelError(f"{file} lacks photograph, landmarks or world: {error}") from None
        if landmarks.shape != (len(names), 33, 3) or world.shape != landmarks.shape:
            raise LabelError(
                f"{file}: expected landmarks and world of shape ({len(names)}, 33, 3), found {landmarks.shape}, {world.shape}"
            )
        self._answers: dict[str, list[Landmarks]] = {}
        for name, points, space in zip(names.tolist(), landmarks.astype(np.float64), world.astype(np.float64), strict=True):
            self._answers.setdefault(name, []).append((points, space))

    def of(self, origin: str, movenet: np.ndarray) -> Landmarks | None:
        """The answer nearest to MoveNet's joints (17, 3) in the same photograph; None if there is none."""
        answers = self._answers.get(origin, [])
        return min(answers, key=lambda answer: float(np.abs(answer[0][11:17, :2] - movenet[5:11, :2]).sum()), default=None)
