"""A scene: one person that the labels are about, others beside them or a crowd, the ground, the camera, the light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sspnet_train.synth.assets import Panorama
from sspnet_train.synth.cameras import LOWEST_CAMERA_M, draw_viewpoint
from sspnet_train.synth.mesh import Mesh
from sspnet_train.synth.people import People, Person
from sspnet_train.synth.render import Ground, Lighting, Window
from sspnet_train.synth.rotations import axis_angle, normalized
from sspnet_train.synth.scene_mix import SceneMix

WINDOW_SCALE = 1.5
CROWD_SIZE, THIRD_SHARE, NEAREST_COMPANY_M = (3, 8), 0.35, 0.42
FIELD_OF_VIEW_DEG = (38.0, 85.0)
MASKED_SHARE, NEAREST_SURFACE_M = 0.4, 0.3
USUAL_MIX = SceneMix()


@dataclass(frozen=True)
class Backdrop:
    """What stands behind: a panorama, turned (3, 3) from the camera's axes to its own.

    It is seen `zoom` times wider than people.
    """

    panorama: Panorama
    turn: np.ndarray
    zoom: float


@dataclass(frozen=True)
class Scene:
    """A scene, all of it in the camera's axes (y up, looking along -z, metres).

    Attributes:
        box: (x0, y0, x1, y1) of the person, tangents.
        people: how many.
        turn: (3, 3) from the world's axes to the camera's.
        blurred_face: whether the face is to be blurred or covered in the picture.
    """

    main: Person
    joints: np.ndarray
    meshes: Sequence[Mesh]
    people: int
    window: Window
    box: np.ndarray
    lighting: Lighting
    ground: Ground | None
    backdrop: Backdrop
    turn: np.ndarray
    blurred_face: bool = False


def draw_scene(people: People, panorama: Panorama, rng: np.random.Generator, mix: SceneMix = USUAL_MIX) -> Scene | None:
    """Draw a scene; None where the camera would stand inside somebody."""
    hidden_face, masked = rng.random() < mix.hidden_face, rng.random() < MASKED_SHARE
    main = people.make(rng, seated=rng.random() < mix.seated, masked=hidden_face and masked)
    view = draw_viewpoint(mix, main.floor if main.grounded else None, main.seen, rng)
    turn, camera = view.turn, view.position
    others = [(person, _place(main, person, crowd, rng)) for person, crowd in _company(people, mix, rng)]
    shown = [mesh.moved(turn, -camera) for mesh in (*main.meshes, *main.furniture)]
    if max(float(mesh.vertices[:, 2].max()) for mesh in shown) > -NEAREST_SURFACE_M:
        return None
    count = 1
    for person, place in others:
        moved = [mesh.moved(turn, turn @ place - camera) for mesh in (*person.meshes, *person.furniture)]
        if max(float(mesh.vertices[:, 2].max()) for mesh in moved) < -NEAREST_SURFACE_M:
            shown += moved
            count += 1
    window, box = _window(main.body @ turn.T - camera, rng)
    to_panorama = axis_angle([0, 1, 0], rng.uniform(-np.pi, np.pi)) @ turn.T
    lighting = Lighting(panorama.light, to_panorama, rng.uniform(0.5, 1.2))
    return Scene(
        main, main.joints @ turn.T - camera, shown, count, window, box, lighting, _ground(main, turn, camera),
        Backdrop(panorama, to_panorama, _zoom(window, turn, rng)), turn, hidden_face and not masked,
    )  # fmt: skip


def _company(people: People, mix: SceneMix, rng: np.random.Generator) -> list[tuple[Person, bool]]:
    """Other people, and whether each stands in a crowd."""
    chance = rng.random()
    if chance < mix.crowd:
        return [(people.make(rng), True) for _ in range(int(rng.integers(*CROWD_SIZE)))]
    if chance < mix.crowd + mix.company:
        return [(people.make(rng), False) for _ in range(1 + int(rng.random() < THIRD_SHARE))]
    return []


def _place(main: Person, person: Person, crowd: bool, rng: np.random.Generator) -> np.ndarray:
    """Where another's pelvis is, on the same ground, in world axes from the main person's pelvis."""
    aside = rng.choice([-1, 1]) * rng.uniform(0.3, 2.2 if crowd else 1.3)
    towards = rng.uniform(-4.5, 0.2) if crowd else rng.uniform(-1.2, 0.9)
    level = main.floor - person.floor if main.grounded and person.grounded else rng.normal(0, 0.12)
    spread = max(NEAREST_COMPANY_M / float(np.hypot(aside, towards)), 1.0)
    return np.array([aside * spread, level, towards * spread])


def _window(body: np.ndarray, rng: np.random.Generator) -> tuple[Window, np.ndarray]:
    """1.5 times the person's box. The box is a little wider than the person, at times a little narrower."""
    tangents = np.stack([body[:, 0], -body[:, 1]], axis=1) / -body[:, 2:]
    low, high = tangents.min(axis=0), tangents.max(axis=0)
    margin = rng.uniform(-0.01, 0.05) * (high - low).max()
    low, high = low - margin, high + margin
    return Window((low + high) / 2, WINDOW_SCALE / 2 * float((high - low).max())), np.concatenate([low, high])


def _ground(main: Person, turn: np.ndarray, camera: np.ndarray) -> Ground | None:
    if not main.grounded:
        return None
    point, up = turn @ np.array([0, main.floor, 0]) - camera, turn @ np.array([0.0, 1, 0])
    return Ground(point, up) if -point @ up > LOWEST_CAMERA_M / 2 else None


def _zoom(window: Window, turn: np.ndarray, rng: np.random.Generator) -> float:
    """How many times wider the background is seen than the person, because a panorama is too coarse for a narrow view."""
    view = 2 * np.arctan(window.half)
    corners = _rays(window, 24) @ turn
    steepest = float(np.abs(np.arcsin(np.clip(corners[..., 1], -1, 1))).max())
    return max(min(np.radians(rng.uniform(*FIELD_OF_VIEW_DEG)) / view, np.radians(82) / max(steepest, 1e-3)), 1.0)


def _rays(window: Window, size: int) -> np.ndarray:
    """Unit directions (size, size, 3) of a picture's pixels, in the camera's axes."""
    offset = (np.arange(size) + 0.5) / size * 2 - 1
    x, y = np.meshgrid(window.centre[0] + offset * window.half, window.centre[1] + offset * window.half)
    return normalized(np.stack([x, -y, -np.ones_like(x)], axis=2))


def background(backdrop: Backdrop, window: Window, size: int) -> np.ndarray:
    """The panorama as the camera sees it. -> (size, size, 3) uint8 RGB.

    Its horizon is where the ground's is. Angles from there are zoomed out.
    """
    rays = _rays(window, size) @ backdrop.turn.T
    middle = backdrop.turn @ normalized(np.array([window.centre[0], -window.centre[1], -1.0]))
    azimuth, around = np.arctan2(rays[..., 2], rays[..., 0]), np.arctan2(middle[2], middle[0])
    aside = np.mod(azimuth - around + np.pi, 2 * np.pi) - np.pi
    elevation = np.clip(np.arcsin(np.clip(rays[..., 1], -1, 1)) * backdrop.zoom, -1.5, 1.5)
    azimuth = np.mod(around + aside * backdrop.zoom, 2 * np.pi)
    height, width = backdrop.panorama.picture.shape[:2]
    x, y = azimuth / (2 * np.pi) * width - 0.5, (0.5 - elevation / np.pi) * height - 0.5
    return cv2.remap(
        backdrop.panorama.picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP
    )
