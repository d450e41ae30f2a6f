"""Panoramas and cloth painted by rule, for those who have no pictures: rooms, streets, fields; stripes, checks, weaves."""

from __future__ import annotations

import cv2
import numpy as np

HEIGHT, WIDTH = 512, 1024
HORIZON = HEIGHT // 2
GAMMA = 2.2
SUN_GAIN = 60.0


def painted_panorama(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A painted panorama.

    Returns:
        Picture (512, 1024, 3) uint8 RGB, equirectangular; and its linear light (32, 64, 3) with a sun or lamp that the picture
        clips.
    """
    outside = rng.random() < 0.6
    ground, upper = _earthy(rng), np.array([0.45, 0.6, 0.85]) * rng.uniform(0.7, 1.3) if outside else _earthy(rng, 0.8)
    picture = np.empty((HEIGHT, WIDTH, 3))
    picture[:HORIZON] = upper * np.linspace(0.75, 1.1, HORIZON)[:, None, None]
    picture[HORIZON:] = ground * np.linspace(1.05, 0.7, HEIGHT - HORIZON)[:, None, None]
    for _ in range(int(rng.integers(15, 60))):
        _block(picture, outside, rng)
    picture[HORIZON:] = picture[HORIZON:] * (1 + 0.35 * cloud(rng, WIDTH, HEIGHT - HORIZON, 5))[..., None]
    picture *= (1 + 0.25 * cloud(rng, WIDTH, HEIGHT, 4))[..., None]
    linear = np.clip(picture, 0.01, 1.0) ** GAMMA
    small = cv2.resize(linear, (64, 32), interpolation=cv2.INTER_AREA)
    row, column = int(rng.integers(2, 12)), int(rng.integers(2, 62))
    lamp = small[row : row + 2, column : column + 2]
    lamp[:] = lamp + SUN_GAIN * rng.uniform(0.1, 1.0) * np.array([1.0, 0.95, 0.85])
    x, y = column * 16 + 16, row * 16 + 16
    glow = np.exp(-((np.arange(WIDTH)[None] - x) ** 2 + (np.arange(HEIGHT)[:, None] - y) ** 2) / (2 * 14.0**2))
    return (np.clip(linear + glow[..., None], 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8), small


def _block(picture: np.ndarray, outside: bool, rng: np.random.Generator) -> None:
    """A house, tree, wall or piece of furniture: a box or blob that stands about the horizon, darker below."""
    width, top = int(rng.integers(15, 160)), int(rng.integers(10, 130 if outside else 220))
    below, x = int(rng.integers(0, 60)), int(rng.integers(0, WIDTH - 10))
    colour: np.ndarray = _earthy(rng, rng.uniform(0.4, 1.1))
    region = picture[HORIZON - top : HORIZON + below, x : x + width]
    shape = np.ones(region.shape[:2])
    if rng.random() < 0.4:
        v, u = np.mgrid[-1 : 1 : region.shape[0] * 1j, -1 : 1 : region.shape[1] * 1j]
        shape = ((u**2 + v**2) < 1 + 0.3 * cloud(rng, region.shape[1], region.shape[0], 3)).astype(float)
    elif rng.random() < 0.5:
        period = int(rng.integers(8, 24))
        windows = (np.arange(region.shape[0])[:, None] % period < period // 2) & (
            np.arange(region.shape[1])[None] % period < period // 2
        )
        colour = np.where(windows[..., None], colour * rng.uniform(0.3, 1.4), colour)
    region[:] = region + shape[..., None] * (np.clip(colour, 0.02, 1) - region)


def _earthy(rng: np.random.Generator, brightness: float = 0.55) -> np.ndarray:
    return np.clip(brightness * rng.uniform(0.5, 1.2) * np.array([1.0, 0.95, 0.85]) * rng.uniform(0.8, 1.2, 3), 0.03, 1.0)


def cloud(rng: np.random.Generator, width: int, height: int, octaves: int) -> np.ndarray:
    """(height, width) smooth noise of several scales, about -1..1."""
    total, weight = np.zeros((height, width)), 0.0
    for octave in range(octaves):
        cells = 2 ** (octave + 2)
        coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * 0.6**octave
        weight += 0.6**octave
    return total / weight


def painted_cloth(rng: np.random.Generator, side: int) -> np.ndarray:
    """A tile of cloth (side, side, 3) uint8 RGB: plain weave, stripes, checks, dots or blotches."""
    v, u = np.mgrid[0:side, 0:side] * (2 * np.pi / side)
    first, second = rng.uniform(90, 250, 3), rng.uniform(40, 250, 3)
    period, kind = int(rng.integers(2, 10)), int(rng.integers(5))
    stripes, across = np.sin(u * period) > rng.uniform(-0.6, 0.6), np.sin(v * period) > rng.uniform(-0.6, 0.6)
    dots = np.cos(u * period) + np.cos(v * period) > 1.2
    pattern = [np.zeros((side, side)), stripes, 0.5 * stripes + 0.5 * across, dots, np.clip(2 * cloud(rng, side, side, 4), 0, 1)][
        kind
    ]
    weave = 1 + 0.06 * np.sin(u * 32) * np.sin(v * 32) + 0.08 * cloud(rng, side, side, 5)
    return np.clip((first + pattern[..., None] * (second - first)) * weave[..., None], 0, 255).astype(np.uint8)
