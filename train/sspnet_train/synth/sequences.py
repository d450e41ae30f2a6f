"""Short videos of rendered people with exact truth: fixed background and light, one body and clothes per person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.synth.actors import Actor, Way, way_of
from sspnet_train.synth.assets import Assets, Panorama
from sspnet_train.synth.chairs import LOWEST_SEAT_M, seat
from sspnet_train.synth.mesh import Mesh
from sspnet_train.synth.people import Figure, People
from sspnet_train.synth.picture import develop, draw_exposure, in_front
from sspnet_train.synth.plays import PLAYS, Role
from sspnet_train.synth.render import Ground, Lighting, Renderer, Window
from sspnet_train.synth.rotations import axis_angle
from sspnet_train.synth.scene import Backdrop, background

SMOOTHEST_FPS = 90
"""Feet are kept in place step by step, as many a second."""
DISTANCE_M, CAMERA_HEIGHT_M, AIM_HEIGHT_M, FIELD_OF_VIEW_DEG = 4.4, 1.5, 0.9, 62.0
NOISE, SHADOW_EXTENT_M = 1.5, 5.0


class SequenceError(TrainingError):
    """A sequence that cannot be made, said in one line."""


@dataclass(frozen=True)
class Shot:
    """How a sequence is filmed.

    Attributes:
        play: one of `PLAYS`.
        size: (width, height) pixels, no higher than wide.
        height_m: of the camera above the floor.
        distance_m: from the middle of what happens, along the floor.
    """

    play: str
    seconds: float = 4.0
    fps: float = 30.0
    size: tuple[int, int] = (640, 480)
    distance_m: float = DISTANCE_M
    height_m: float = CAMERA_HEIGHT_M
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        if self.play not in PLAYS:
            raise SequenceError(f"there is no play called {self.play!r}; choose from {', '.join(PLAYS)}")
        if self.size[1] > self.size[0] or min(self.size) < 16:
            raise SequenceError(f"a sequence is at least as wide as high, from 16 pixels, got {self.size[0]}x{self.size[1]}")
        if self.seconds * self.fps < 2:
            raise SequenceError(f"a sequence has at least two frames, got {self.seconds:g} s at {self.fps:g} frames/s")

    @property
    def frames(self) -> int:
        return round(self.seconds * self.fps)

    @property
    def moments(self) -> int:
        """Steps of movement per frame."""
        return max(round(SMOOTHEST_FPS / self.fps), 1)

    @property
    def times(self) -> np.ndarray:
        """Seconds, of every step of movement."""
        return np.arange(self.frames * self.moments) / (self.fps * self.moments)


@dataclass(frozen=True)
class Frame:
    """One picture and its truth, for P people in an order that stays the same.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        keypoints: (P, 28, 2) pixels.
        joints3d_camera: (P, 28, 3) mm from the camera, x right, y down, z away.
        visible: (P, 28) in the picture and hidden by nothing.
        box: (P, 4) x, y, w, h of what is in the picture; w or h is 0 where that is nothing.
        on_floor: (P, 2) whether the left and the right foot bear weight.
    """

    image: np.ndarray
    keypoints: np.ndarray
    joints3d_camera: np.ndarray
    visible: np.ndarray
    box: np.ndarray
    on_floor: np.ndarray

    def without_image(self) -> Frame:
        return replace(self, image=np.zeros((0, 0, 3), np.uint8))


@dataclass(frozen=True)
class _Part:
    actor: Actor
    role: Role
    way: Way
    furniture: list[Mesh]


class Sequence:
    """A play, cast and ready to be filmed: `for frame in sequence`. The same seed gives the same frames.

    Attributes:
        camera: (3, 3) intrinsics.
        up: (3,) the floor's normal, in the camera's axes.
        floor: (3,) mm, a point on it.
    """

    def __init__(
        self, shot: Shot, people: People, assets: Assets, renderer: Renderer, seed: int, panorama: Panorama | None = None
    ):
        rng = np.random.default_rng((seed, 7))
        self.shot, self.people, self._renderer, self._seed = shot, people, renderer, seed
        drawn = assets.panoramas[int(rng.integers(len(assets.panoramas)))]
        self._panorama = panorama or drawn
        roles = PLAYS[shot.play](shot.times, rng)
        self._parts = [self._cast(role, rng) for role in roles]
        self._turn, self._position = _viewpoint(shot)
        self._window = Window(np.zeros(2), float(np.tan(np.radians(FIELD_OF_VIEW_DEG) / 2)))
        to_panorama = axis_angle([0, 1, 0], rng.uniform(-np.pi, np.pi)) @ self._turn.T
        self._backdrop = Backdrop(self._panorama, to_panorama, 1.0)
        self._lighting = Lighting(self._panorama.light, to_panorama, rng.uniform(0.6, 1.0))
        self._exposure_rng = rng

    @property
    def camera(self) -> np.ndarray:
        width, height = self.shot.size
        focal = width / (2 * self._window.half)
        return np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])

    @property
    def up(self) -> np.ndarray:
        return self._turn[:, 1] * [1, -1, -1]

    @property
    def floor(self) -> np.ndarray:
        return -self._position * [1000, -1000, -1000]

    def __len__(self) -> int:
        return self.shot.frames

    def __iter__(self) -> Iterator[Frame]:
        width, height = self.shot.size
        place = background(self._backdrop, self._window, width).astype(np.float32)
        rows = slice((width - height) // 2, (width - height) // 2 + height)
        ground = Ground(-self._position, self._turn[:, 1])
        exposure = None
        for index in range(len(self)):
            figures = [self._figure(part, index * self.shot.moments) for part in self._parts]
            meshes = [
                mesh for figure, part in zip(figures, self._parts, strict=True) for mesh in (*figure.meshes, *part.furniture)
            ]
            seen = [mesh.moved(self._turn, -self._position) for mesh in meshes]
            centre = np.mean([figure.joints[0] for figure in figures], axis=0) @ self._turn.T - self._position
            rendering = self._renderer.draw(seen, self._window, self._lighting, centre, ground, SHADOW_EXTENT_M)
            if exposure is None and rendering.alpha.any():
                exposure = draw_exposure(rendering, width, self._exposure_rng)
            image = develop(rendering, place, exposure or 1.0)[0]
            image = image + np.random.default_rng((self._seed, index)).normal(0, NOISE, image.shape)
            truth = [self._truth(figure, rendering, rows.start) for figure in figures]
            keypoints, joints3d, visible, boxes = (np.stack(column) for column in zip(*truth, strict=True))
            on_floor = np.stack([part.way.on_floor[index * self.shot.moments] for part in self._parts])
            yield Frame(np.clip(image[rows], 0, 255).astype(np.uint8), keypoints, joints3d, visible, boxes, on_floor)

    def _cast(self, role: Role, rng: np.random.Generator) -> _Part:
        actor = Actor(self.people, int(rng.integers(2**31)))
        way = way_of(actor, role.stances, self.shot.fps * self.shot.moments)
        shift = np.array([role.place[0], 0.0, role.place[1]]) - way.pelvis[role.at] * [1, 0, 1]
        way = Way(way.pelvis + shift, way.on_floor)
        if role.seated_at is None:
            return _Part(actor, role, way, [])
        figure = _moved(actor.figure(role.stances[role.seated_at]), way.pelvis[role.seated_at])
        height = max(self.people.seat_height(figure), LOWEST_SEAT_M)
        return _Part(actor, role, way, seat(figure.joints, height, 0.0, self.people.tiles, rng))

    def _figure(self, part: _Part, moment: int) -> Figure:
        return _moved(part.actor.figure(part.role.stances[moment]), part.way.pelvis[moment])

    def _truth(self, figure: Figure, rendering, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        width, height = self.shot.size
        joints = figure.joints @ self._turn.T - self._position
        square = self._window.project(joints, width)
        keypoints = square - [0, top]
        inside = np.all((keypoints >= 0) & (keypoints < [width, height]), axis=1)
        visible = inside & in_front(rendering, square, width, -joints[:, 2])
        outline = self._window.project(figure.solid @ self._turn.T - self._position, width) - [0, top]
        low, high = (np.clip(corner, 0, [width, height]) for corner in (outline.min(axis=0), outline.max(axis=0)))
        return keypoints, joints * [1000, -1000, -1000], visible, np.concatenate([low, high - low])


def _moved(figure: Figure, pelvis: np.ndarray) -> Figure:
    """The same with the pelvis at `pelvis`."""
    shift = pelvis - figure.joints[0]
    worn, hanging, carried = (
        [mesh.moved(np.eye(3), shift) for mesh in meshes] for meshes in (figure.worn, figure.hanging, figure.carried)
    )
    return Figure(figure.skin.moved(np.eye(3), shift), worn, hanging, carried, figure.joints + shift)


def _viewpoint(shot: Shot) -> tuple[np.ndarray, np.ndarray]:
    """The turn (3, 3) from the world's axes to the camera's, and the camera's place (3,) m, in its own axes."""
    pitch = np.arctan2(shot.height_m - AIM_HEIGHT_M, shot.distance_m)
    turn = axis_angle([0, 0, 1], np.radians(shot.roll_deg)) @ axis_angle([1, 0, 0], pitch)
    return turn, turn @ np.array([0, shot.height_m, shot.distance_m])
