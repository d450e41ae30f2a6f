"""From a rendered scene to a photograph and its labels: exposure, background, occluders, lens, noise, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from sspnet_train.synth.assets import Assets
from sspnet_train.synth.cameras import world_up
from sspnet_train.synth.painted import GAMMA
from sspnet_train.synth.render import Renderer, Rendering
from sspnet_train.synth.scene import Scene, background

SIZES = (264, 264, 192)
"""Pixels a side: 1.5 times 176, or 1.5 times 128."""
BEHIND_SURFACE_M = np.repeat([0.16, 0.04, 0.05], [17, 3, 8])
"""(28,) a joint that lies deeper than this under the first surface is hidden: those of face and feet lie on the skin."""
HEAD_RADIUS_M, FACE = 0.13, slice(17, 22)
OCCLUDED_SHARE, CUT_SHARE = 0.3, 0.14
SMALLEST_SIDE, SMALLEST_COVER = 48, 0.02
ENCLOSED_M = 0.25


@dataclass
class Picture:
    """A photograph and its labels.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        box: x, y, w, h in pixels.
        keypoints: (28, 2) pixels.
        joints3d: (28, 3) mm, pelvis at 0, x right, y down, z away.
        visible: (28,) in the picture and not hidden.
        focal: pixels.
        root_z: mm from the camera to the pelvis.
        people: in the scene.
        up: (3,) the world's up, unit length, in the axes of `joints3d`. It says how the camera is pitched and rolled.
    """

    image: np.ndarray
    box: np.ndarray
    keypoints: np.ndarray
    joints3d: np.ndarray
    visible: np.ndarray
    focal: float
    root_z: float
    source: str
    people: int
    up: np.ndarray


def take_picture(scene: Scene, renderer: Renderer, assets: Assets, rng: np.random.Generator) -> Picture | None:
    """A picture of a scene; None where too little of anything is to be seen."""
    rendering = renderer.draw(scene.meshes, scene.window, scene.lighting, scene.joints[0], scene.ground)
    size = int(rng.choice(SIZES))
    image, cover = _developed(scene, rendering, size, rng)
    keypoints = scene.window.project(scene.joints, size)
    visible = _inside(keypoints, image) & in_front(rendering, keypoints, size, -scene.joints[:, 2])
    if rng.random() < OCCLUDED_SHARE:
        for _ in range(int(rng.integers(1, 3))):
            image, hidden = _occlude(image, keypoints, assets, rng)
            visible &= ~hidden
    if scene.blurred_face:
        image, hidden = hide_face(image, keypoints, HEAD_RADIUS_M * size / (2 * scene.window.half) / -scene.joints[10, 2], rng)
        visible &= ~hidden
    low, high = (
        (corner - scene.window.centre + scene.window.half) * size / (2 * scene.window.half)
        for corner in (scene.box[:2], scene.box[2:])
    )
    joints3d = (scene.joints - scene.joints[0]) * [1000, -1000, -1000]
    picture = Picture(
        _camera(image, rng), np.concatenate([low, high - low]), keypoints, joints3d, visible, size / (2 * scene.window.half),
        -1000 * float(scene.joints[0, 2]), scene.main.source, scene.people,
        world_up(scene.turn),
    )  # fmt: skip
    if rng.random() < CUT_SHARE:
        _end_inside(picture, rng)
    return picture if min(picture.image.shape[:2]) >= SMALLEST_SIDE and cover > SMALLEST_COVER else None


def _developed(scene: Scene, rendering: Rendering, size: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Float RGB (size, size, 3) 0..255, and the share of it that is not background."""
    exposure = draw_exposure(rendering, size, rng)
    place: np.ndarray = background(scene.backdrop, scene.window, size).astype(np.float32)
    if rng.random() < 0.35:
        place = cv2.GaussianBlur(place, (0, 0), rng.uniform(0.5, 3))
    return develop(rendering, place, exposure)


def draw_exposure(rendering: Rendering, size: int, rng: np.random.Generator) -> float:
    """A gain at which the people are about neither dark nor bright."""
    linear, alpha = _people(rendering, size)
    solid = alpha[..., 0] > 0.5
    usual = float(np.quantile(linear[solid], 0.75)) if solid.any() else 0.5
    return float(np.sqrt(rng.uniform(0.28, 0.75) / max(usual, 0.03)) * rng.uniform(0.8, 1.25))


def develop(rendering: Rendering, place: np.ndarray, exposure: float) -> tuple[np.ndarray, float]:
    """People before the place (size, size, 3) where they stand. -> the same, 0..255 float RGB, and their share of it."""
    size = len(place)
    linear, alpha = _people(rendering, size)
    person = np.clip(_film(linear * exposure), 0, 1) ** (1 / GAMMA) * 255
    place = place * _shrunk(rendering.ground, size) ** (1 / GAMMA)
    return place * (1 - alpha) + person * alpha, float(alpha.mean())


def _people(rendering: Rendering, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Linear colour of people (size, size, 3), and where they are (size, size, 1)."""
    alpha = _shrunk(rendering.alpha, size)[..., None]
    return _shrunk(rendering.colour * _enclosed(rendering)[..., None], size) / np.maximum(alpha, 1e-3), alpha


def _film(linear: np.ndarray) -> np.ndarray:
    """A film's curve: straight in the dark, bent in the light, so that what is as bright as white paper in the sun keeps its
    colour.
    """
    return 1.35 * linear / (1 + 0.45 * linear)


def _enclosed(rendering: Rendering) -> np.ndarray:
    """A factor (S, S): less light where nearer surfaces stand around.

    Luft et al., "Image enhancement by unsharp masking the depth buffer", 2006.
    """
    half = rendering.alpha.shape[0] // 2
    solid = (_shrunk(rendering.alpha, half) > 0.5).astype(np.float32)
    distance = np.ascontiguousarray(rendering.distance[::2, ::2], np.float32)
    factor = np.ones(solid.shape, np.float32)
    for sigma in (0.012 * half, 0.035 * half):
        weight = cv2.GaussianBlur(solid, (0, 0), sigma)
        around = cv2.GaussianBlur(distance * solid, (0, 0), sigma) / np.maximum(weight, 1e-3)
        behind = np.clip((distance - around) * weight / ENCLOSED_M, 0, 0.6)
        factor *= np.where(solid > 0, 1 - 0.6 * behind, 1)
    return cv2.resize(factor, rendering.alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _shrunk(image: np.ndarray, size: int) -> np.ndarray:
    return cv2.resize(np.ascontiguousarray(image, np.float32), (size, size), interpolation=cv2.INTER_AREA)


def _inside(keypoints: np.ndarray, image: np.ndarray) -> np.ndarray:
    return np.all((keypoints >= 0) & (keypoints < [image.shape[1], image.shape[0]]), axis=1)


def in_front(rendering: Rendering, keypoints: np.ndarray, size: int, depth: np.ndarray) -> np.ndarray:
    """Whether the first surface about each joint's pixel is near the joint's depth (m), or behind it. -> (28,)."""
    resolution = len(rendering.distance)
    column, row = np.clip((keypoints / size * resolution).astype(int), 0, resolution - 1).T
    surface = [rendering.distance[max(r - 2, 0) : r + 3, max(c - 2, 0) : c + 3].max() for r, c in zip(row, column, strict=True)]
    return np.array(surface) > depth - BEHIND_SURFACE_M


def _occlude(image: np.ndarray, keypoints: np.ndarray, assets: Assets, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Put something flat in front. -> the image, and which of the keypoints (28,) it hides."""
    size = image.shape[0]
    centre, extent = rng.uniform(0.1, 0.9, 2) * size, np.exp(rng.normal(np.log(0.2), 0.45, 2)) * size
    mask = np.zeros((size, size), np.uint8)
    angle = rng.uniform(0, 180)
    if rng.random() < 0.5:
        corners = cv2.boxPoints((tuple(map(float, centre)), tuple(map(float, extent)), angle)).astype(np.int32)
        cv2.fillPoly(mask, [corners], (255,))
    else:
        cv2.ellipse(mask, (tuple(map(float, centre)), tuple(map(float, extent)), angle), (255,), -1)
    texture = cv2.resize(_texture(assets, rng), (size, size)).astype(np.float32) * rng.uniform(0.4, 1.1)
    column, row = np.clip(keypoints.astype(int), 0, size - 1).T
    hidden = (mask[row, column] > 128) & _inside(keypoints, image)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None].astype(np.float32) / 255
    return image * (1 - soft) + texture * soft, hidden


def hide_face(image: np.ndarray, keypoints: np.ndarray, radius: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hide the face as people are made unrecognisable: blur, coarse squares or a patch.

    Args:
        image: changed in a copy.
        keypoints: (28, 2).
        radius: of the head, pixels.
        rng: decides the way.

    Returns:
        The image, and which of the keypoints (28,) are hidden: those of the face.
    """
    middle = keypoints[FACE].mean(axis=0)
    size, kind = image.shape[:2], rng.random()
    mask = np.zeros(size, np.uint8)
    extent = radius * rng.uniform(0.85, 1.3, 2)
    if rng.random() < 0.5:
        cv2.ellipse(mask, (tuple(map(float, middle)), tuple(map(float, 2 * extent)), 0.0), (255,), -1)
    else:
        low, high = np.round(middle - extent).astype(int), np.round(middle + extent).astype(int)
        cv2.rectangle(mask, tuple(map(int, low)), tuple(map(int, high)), (255,), -1)
    if kind < 0.55:
        cover = cv2.GaussianBlur(image, (0, 0), max(float(radius * rng.uniform(0.3, 0.7)), 1.5))
    elif kind < 0.8:
        cells = np.maximum((np.array(size[::-1]) / max(radius * rng.uniform(0.3, 0.6), 2)).astype(int), 1)
        coarse = cv2.resize(image, tuple(map(int, cells)), interpolation=cv2.INTER_AREA)
        cover = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_NEAREST)
    else:
        cover = np.full_like(image, rng.choice([0.0, 255.0]) if rng.random() < 0.5 else rng.uniform(0, 255, 3))
    soft = cv2.GaussianBlur(mask, (0, 0), 0.7)[..., None].astype(np.float32) / 255
    hidden = np.zeros(len(keypoints), bool)
    hidden[FACE] = True
    return image * (1 - soft) + cover * soft, hidden


def _texture(assets: Assets, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.6:
        return assets.cloth[rng.integers(len(assets.cloth))]
    picture = assets.panoramas[int(rng.integers(len(assets.panoramas)))].picture
    row, column = rng.integers(0, picture.shape[0] * 3 // 5), rng.integers(0, picture.shape[1] * 3 // 5)
    return picture[row : row + picture.shape[0] * 2 // 5, column : column + picture.shape[1] // 3]


def _camera(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, blur of lens or movement, noise -> uint8."""
    blurred: np.ndarray = np.clip(image * rng.uniform(0.85, 1.15) + rng.normal(0, 6), 0, 255).astype(np.float32)
    chance = rng.random()
    if chance < 0.55:
        blurred = cv2.GaussianBlur(blurred, (0, 0), rng.uniform(0.3, 1.1))
    elif chance < 0.62:
        blurred = cv2.filter2D(blurred, -1, _movement(rng))
    noise = rng.normal(0, abs(rng.normal(0, 2.5)), image.shape)
    return np.clip(blurred + noise, 0, 255).astype(np.uint8)


def _movement(rng: np.random.Generator) -> np.ndarray:
    length, angle = int(rng.integers(3, 7)), rng.uniform(0, np.pi)
    kernel = np.zeros((7, 7), np.float32)
    step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    cv2.line(kernel, tuple(map(int, np.round(3 - step))), tuple(map(int, np.round(3 + step))), (1.0,), 1, cv2.LINE_AA)
    return kernel / kernel.sum()


def _end_inside(picture: Picture, rng: np.random.Generator) -> None:
    """End the photograph inside the person: below, at the right or at the left."""
    x, y, w, h = picture.box
    share, side = rng.uniform(0.5, 0.8), rng.integers(3)
    if side == 0:
        picture.image = picture.image[: max(int(y + h * share), 1)]
        picture.box[3] = picture.image.shape[0] - y
    elif side == 1:
        picture.image = picture.image[:, : max(int(x + w * share), 1)]
        picture.box[2] = picture.image.shape[1] - x
    else:
        start = min(int(x + w * (1 - share)), picture.image.shape[1] - 1)
        picture.image = picture.image[:, start:]
        picture.keypoints[:, 0] -= start
        picture.box[0], picture.box[2] = 0, w - (start - x)
    picture.visible &= _inside(picture.keypoints, picture.image)
