"""Light of a panorama: soft light as spherical harmonics, and its brightest part as one directional light.

Ramamoorthi and Hanrahan, "An efficient representation for irradiance environment maps" (2001). A panorama's y is up. Its azimuth
runs from +x to +z along its columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sspnet_train.synth.rotations import normalized

SUN_SHARE = 0.015
"""Share of the brightest directions that become the directional light."""
BANDS = np.array([np.pi] + [2 * np.pi / 3] * 3 + [np.pi / 4] * 5)


@dataclass(frozen=True)
class Light:
    """Light of a scene.

    Attributes:
        soft: (9, 3) irradiance / π in spherical harmonics.
        sun: (3,) direction towards the light.
        sun_colour: (3,) irradiance / π.
    """

    soft: np.ndarray
    sun: np.ndarray
    sun_colour: np.ndarray


def light_of(radiance: np.ndarray) -> Light:
    """The light of a panorama. `radiance` is (h, w, 3) linear, equirectangular."""
    height, width = radiance.shape[:2]
    directions = panorama_directions(height, width)
    area = np.sin((np.arange(height) + 0.5) / height * np.pi)[:, None] * (np.pi / height) * (2 * np.pi / width)
    luminance = radiance.sum(axis=2)
    threshold = np.quantile(luminance, 1 - SUN_SHARE)
    bright = luminance > threshold
    if not bright.any():
        bright = luminance >= threshold
    power = (radiance * area[..., None])[bright]
    sun = normalized((directions[bright] * power.sum(axis=1, keepdims=True)).sum(axis=0))
    dimmed = radiance * (threshold / np.maximum(luminance, 1e-6))[..., None]
    soft = np.where(bright[..., None], np.minimum(radiance, dimmed), radiance)
    coefficients = np.einsum("hwk,hwc->kc", harmonics(directions) * area[..., None], soft) * BANDS[:, None] / np.pi
    return Light(coefficients, sun, power.sum(axis=0) / np.pi)


def panorama_directions(height: int, width: int) -> np.ndarray:
    """(h, w, 3) unit vectors of an equirectangular picture's pixels."""
    polar = (np.arange(height) + 0.5)[:, None] / height * np.pi
    azimuth = (np.arange(width) + 0.5)[None] / width * 2 * np.pi
    return np.stack(np.broadcast_arrays(np.sin(polar) * np.cos(azimuth), np.cos(polar), np.sin(polar) * np.sin(azimuth)), axis=-1)


def harmonics(n: np.ndarray) -> np.ndarray:
    """Real spherical harmonics up to band 2: (..., 3) -> (..., 9)."""
    x, y, z = n[..., 0], n[..., 1], n[..., 2]
    first = [0.282095 + 0 * x, 0.488603 * y, 0.488603 * z, 0.488603 * x]
    second = [1.092548 * x * y, 1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y)]
    return np.stack(first + second, axis=-1)
