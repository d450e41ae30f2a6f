"""What is worn, as the skin shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.synth.mesh import NO_CLOTH


@dataclass
class Outfit:
    """What is worn, for each vertex of the skin.

    Attributes:
        albedo: (V, 3) linear.
        cloth: (V,) number of the cloth tile.
        uv: (V, 2).
        thickness: (V,) m.
        folds: (V,) m.
        gloss: (V,).
    """

    albedo: np.ndarray
    cloth: np.ndarray
    uv: np.ndarray
    thickness: np.ndarray
    folds: np.ndarray
    gloss: np.ndarray

    def put_on(
        self, where: np.ndarray, colour: np.ndarray, tile: int, thickness: np.ndarray, folds: float, gloss: float = 0.02
    ) -> None:
        self.albedo[where] = colour if tile == NO_CLOTH else tint(colour)
        self.cloth[where], self.thickness[where] = tile, thickness[where]
        self.folds[where], self.gloss[where] = folds, gloss


def tint(colour: np.ndarray) -> np.ndarray:
    """What a tile of cloth, which has colours of its own, is multiplied by where it is dyed in a colour (..., 3)."""
    return np.clip(0.55 + 0.6 * colour, 0, 1.2)
