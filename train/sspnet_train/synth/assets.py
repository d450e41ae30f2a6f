"""Pictures that scenes are made of: panoramas with their light, and cloth. They come from the user's folder, or are painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.synth.light import Light, light_of
from sspnet_train.synth.painted import GAMMA, painted_cloth, painted_panorama

PICTURES = (".webp", ".jpg", ".jpeg", ".png")
CLOTH_SIDE, RADIANCE_SIZE = 128, (64, 32)
PAINTED_PANORAMAS, PAINTED_CLOTH = 24, 48


class AssetError(TrainingError):
    """A folder of assets that cannot be used."""


@dataclass(frozen=True)
class Panorama:
    """A panorama and its light.

    Attributes:
        picture: (h, w, 3) uint8 RGB, equirectangular.
        light: exposed like the picture; 1.0 is the picture's white.
    """

    name: str
    picture: np.ndarray
    light: Light


@dataclass(frozen=True)
class Assets:
    """What scenes are made of.

    Attributes:
        cloth: (n, 128, 128, 3) uint8 RGB tiles.
        garments: path of a zip with MakeHuman garments, or None.
    """

    panoramas: list[Panorama]
    cloth: np.ndarray = field(repr=False)
    garments: Path | None = None


def load_assets(folder: Path | None) -> Assets:
    """Read a folder of assets. What is missing there is painted.

    Args:
        folder: holds `backgrounds/` (equirectangular panoramas, 2:1), `cloth/` (patches of cloth), and optionally `radiance.npz`
            (`name`, and `rgb` (n, h, w, 3) linear light of the panoramas of that name) and `garments.zip` (MakeHuman's .mhclo
            with .obj). None paints all.

    Raises:
        AssetError: the folder cannot be used.
    """
    if folder is None:
        return Assets(_painted_panoramas(), _painted_cloth())
    if not folder.is_dir():
        raise AssetError(f"no folder of assets at {folder}; expected one with backgrounds/ and cloth/")
    backgrounds, patches = _pictures(folder / "backgrounds"), _pictures(folder / "cloth")
    if not backgrounds and not patches:
        raise AssetError(f"{folder} has neither backgrounds/ nor cloth/ with {', '.join(PICTURES)} files")
    radiances = _radiances(folder / "radiance.npz")
    panoramas = [_panorama(path, radiances) for path in backgrounds] or _painted_panoramas()
    cloth = np.stack([_cloth_tile(path) for path in patches]) if patches else _painted_cloth()
    garments = folder / "garments.zip"
    return Assets(panoramas, cloth, garments if garments.is_file() else None)


def _pictures(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES) if folder.is_dir() else []


def _read(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise AssetError(f"{path} is not a readable picture")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _panorama(path: Path, radiances: dict[str, np.ndarray]) -> Panorama:
    picture = _read(path)
    height, width = picture.shape[:2]
    if abs(width - 2 * height) > 0.02 * width:
        raise AssetError(f"{path} is {width}x{height}; a panorama is equirectangular, twice as wide as high")
    return Panorama(path.stem, picture, light_of(exposed_like(picture, radiances.get(path.stem))))


def _radiances(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        return {}
    with np.load(path) as file:
        return {Path(str(name)).stem: rgb for name, rgb in zip(file["name"], file["rgb"].astype(np.float64), strict=True)}


def exposed_like(picture: np.ndarray, radiance: np.ndarray | None = None) -> np.ndarray:
    """Linear light (h, w, 3) with the picture's exposure. Without a measured radiance it is guessed from the picture."""
    size = RADIANCE_SIZE if radiance is None else (radiance.shape[1], radiance.shape[0])
    shown = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float64) / 255) ** GAMMA
    if radiance is None:
        return shown * (1 + 6 * np.clip(shown.mean(axis=2, keepdims=True) - 0.75, 0, None) / 0.25)
    middle = (shown.mean(axis=2) > 0.02) & (shown.mean(axis=2) < 0.7)
    if not middle.any():
        middle = np.ones(middle.shape, bool)
    return radiance * np.median(shown[middle].mean(axis=1) / np.maximum(radiance[middle].mean(axis=1), 1e-6))


def _cloth_tile(path: Path) -> np.ndarray:
    return cv2.resize(_read(path), (CLOTH_SIDE, CLOTH_SIDE), interpolation=cv2.INTER_AREA)


def _painted_panoramas() -> list[Panorama]:
    painted = [painted_panorama(np.random.default_rng((1, index))) for index in range(PAINTED_PANORAMAS)]
    return [Panorama(f"painted_{index:02d}", picture, light_of(radiance)) for index, (picture, radiance) in enumerate(painted)]


def _painted_cloth() -> np.ndarray:
    return np.stack([painted_cloth(np.random.default_rng((2, index)), CLOTH_SIDE) for index in range(PAINTED_CLOTH)])
