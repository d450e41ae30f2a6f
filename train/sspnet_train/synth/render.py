"""OpenGL 3.3 without a screen: people, chairs and objects, their shadows, and the shade they cast on the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from sspnet_train.errors import TrainingError
from sspnet_train.synth.light import Light
from sspnet_train.synth.mesh import Mesh
from sspnet_train.synth.rotations import normalized
from sspnet_train.synth.shaders import (
    DEPTH_FRAGMENT,
    DEPTH_VERTEX,
    GROUND_FRAGMENT,
    GROUND_VERTEX,
    SURFACE_FRAGMENT,
    SURFACE_VERTEX,
)

RESOLUTION = 480
SHADOW_RESOLUTION, SHADOW_EXTENT_M = 1024, 2.6
CONTACT_RESOLUTION, CONTACT_SHARE = 256, 3.0 / 2.6
GROUND_EXTENT_M = 40.0
NEAR, FAR = 0.25, 60.0
FORMAT, NAMES = "3f 3f 3f 3f 2f 1f 1f 1f", ("position", "normal", "albedo", "rest", "uv", "cloth", "folds", "gloss")


class RenderError(TrainingError):
    """There is no OpenGL to draw with."""


@dataclass(frozen=True)
class Window:
    """The part of the camera's view that is drawn: a square. Units are tangents (focal length 1).

    Attributes:
        centre: (x, y).
        half: half of its width.
    """

    centre: np.ndarray
    half: float

    def matrix(self) -> np.ndarray:
        """From the camera's axes (y up, looking along -z) to clip space. -> (4, 4)."""
        x, y = self.centre
        return np.array([
            [1 / self.half, 0, x / self.half, 0],
            [0, 1 / self.half, -y / self.half, 0],
            [0, 0, -(FAR + NEAR) / (FAR - NEAR), -2 * FAR * NEAR / (FAR - NEAR)],
            [0, 0, -1, 0],
        ])  # fmt: skip

    def project(self, points: np.ndarray, size: float) -> np.ndarray:
        """Points (N, 3) in the camera's axes as pixels (N, 2) of a size x size picture, y down, its corner at (0, 0)."""
        tangents = np.stack([points[:, 0], -points[:, 1]], axis=1) / -points[:, 2:]
        return (tangents - self.centre + self.half) * (size / (2 * self.half))


@dataclass(frozen=True)
class Ground:
    """A plane, in the camera's axes.

    Attributes:
        point: (3,) on it.
        up: (3,) its normal.
    """

    point: np.ndarray
    up: np.ndarray


@dataclass(frozen=True)
class Lighting:
    """A panorama's light, turned.

    Attributes:
        to_panorama: (3, 3) from the camera's axes to the panorama's.
        sun_gain: scales its sun.
    """

    light: Light
    to_panorama: np.ndarray
    sun_gain: float = 1.0

    @property
    def sun(self) -> np.ndarray:
        return self.to_panorama.T @ self.light.sun


@dataclass(frozen=True)
class Rendering:
    """What was drawn.

    Attributes:
        colour: (S, S, 3) linear, premultiplied by alpha.
        alpha: (S, S).
        distance: (S, S) metres along the view, FAR where nothing is.
        ground: (S, S, 3) factor by which what stands there dims the ground, 1 elsewhere.
    """

    colour: np.ndarray
    alpha: np.ndarray
    distance: np.ndarray
    ground: np.ndarray


class Renderer:
    """One OpenGL context with its cloth tiles. Processes may not share it.

    Args:
        tiles: (n, side, side, 3) uint8 RGB.
        resolution: pixels a side.
    """

    def __init__(self, cloth: np.ndarray, resolution: int = RESOLUTION):
        self.resolution = resolution
        self._gl, self._context = _open_context()
        gl = self._context
        self._surface = gl.program(SURFACE_VERTEX, SURFACE_FRAGMENT)
        self._depth = gl.program(DEPTH_VERTEX, DEPTH_FRAGMENT)
        self._ground = gl.program(GROUND_VERTEX, GROUND_FRAGMENT)
        self._colour = gl.texture((resolution,) * 2, 4, dtype="f4")
        self._shade = gl.texture((resolution,) * 2, 4, dtype="f4")
        self._distance = gl.depth_texture((resolution,) * 2)
        self._view = gl.framebuffer([self._colour], self._distance)
        self._ground_view = gl.framebuffer([self._shade], self._distance)
        self._shadow, self._shadow_view = self._depth_target(SHADOW_RESOLUTION)
        self._below, self._below_view = self._depth_target(CONTACT_RESOLUTION)
        self._contact = gl.texture((CONTACT_RESOLUTION,) * 2, 1, dtype="f4")
        self._cloth = self._cloth_tiles(cloth)
        gl.enable(self._gl.DEPTH_TEST)

    def draw(
        self,
        meshes: Sequence[Mesh],
        window: Window,
        lighting: Lighting,
        centre: np.ndarray,
        ground: Ground | None = None,
        shadow_extent_m: float = SHADOW_EXTENT_M,
    ) -> Rendering:
        """Draw meshes given in the camera's axes. Shadows are centred on `centre` (3,) and reach `shadow_extent_m` from it."""
        buffer, index, arrays = self._buffers(meshes)
        sun_view = _orthographic(centre, lighting.sun, shadow_extent_m)
        self._fill_depth(arrays, self._shadow_view, sun_view)
        self._set_light(self._surface, lighting, sun_view)
        self._surface["projection"].write(_bytes(window.matrix()))
        self._view.use()
        self._view.clear(0, 0, 0, 0, depth=1.0)
        self._shadow.use(0)
        self._cloth.use(1)
        self._surface["shadow_map"], self._surface["cloth_tiles"] = 0, 1
        arrays[0].render()
        shade = np.ones((self.resolution, self.resolution, 3))
        if ground is not None:
            shade = self._draw_ground(arrays, window, lighting, sun_view, ground, centre, shadow_extent_m * CONTACT_SHARE)
        colour = _pixels(self._colour.read(), 4)
        distance = _metres(_pixels(self._distance.read(), 1)[..., 0])
        for item in (*arrays, buffer, index):
            item.release()
        return Rendering(colour[..., :3], colour[..., 3], distance, shade)

    def _depth_target(self, size: int):
        texture = self._context.depth_texture((size, size))
        texture.compare_func = ""
        texture.repeat_x = texture.repeat_y = False
        return texture, self._context.framebuffer([], texture)

    def _cloth_tiles(self, cloth: np.ndarray):
        most = int(self._context.info["GL_MAX_ARRAY_TEXTURE_LAYERS"])
        cloth = np.ascontiguousarray(cloth[:most])
        tiles = self._context.texture_array((cloth.shape[2], cloth.shape[1], len(cloth)), 3, cloth.tobytes())
        tiles.build_mipmaps()
        return tiles

    def _buffers(self, meshes: Sequence[Mesh]):
        columns = [
            np.concatenate(
                [m.vertices, m.normals, m.albedo, m.rest, m.uv, m.cloth[:, None], m.folds[:, None], m.gloss[:, None]], axis=1
            )
            for m in meshes
        ]
        starts = np.cumsum([0] + [len(c) for c in columns[:-1]])
        triangles = np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=True)])
        buffer = self._context.buffer(np.concatenate(columns).astype("f4").tobytes())
        index = self._context.buffer(triangles.astype("i4").tobytes())
        surface = self._context.vertex_array(self._surface, [(buffer, FORMAT, *NAMES)], index)
        depth = self._context.vertex_array(self._depth, [(buffer, "3f 56x", "position")], index)
        return buffer, index, (surface, depth)

    def _fill_depth(self, arrays, target, view: np.ndarray) -> None:
        target.use()
        target.clear(depth=1.0)
        self._depth["view"].write(_bytes(view))
        arrays[1].render()

    def _set_light(self, program, lighting: Lighting, sun_view: np.ndarray) -> None:
        program["sun_view"].write(_bytes(sun_view))
        program["to_panorama"].write(_bytes(lighting.to_panorama))
        program["soft"].write(lighting.light.soft.astype("f4").tobytes())
        program["sun"] = tuple(lighting.sun)
        program["sun_colour"] = tuple(lighting.light.sun_colour * lighting.sun_gain)

    def _draw_ground(
        self,
        arrays,
        window: Window,
        lighting: Lighting,
        sun_view: np.ndarray,
        ground: Ground,
        centre: np.ndarray,
        extent_m: float,
    ) -> np.ndarray:
        """Shade on the ground: the sun's shadow, and less of the sky where bodies are near, by how high they are above it."""
        foot = centre - ground.up * ((centre - ground.point) @ ground.up)
        below = _orthographic(foot, -ground.up, extent_m)
        self._fill_depth(arrays, self._below_view, below)
        height = (_pixels(self._below.read(), 1)[::-1, :, 0] * 2 - 1) * extent_m
        self._contact.write(_openness(height, extent_m).astype("f4").tobytes())
        side = normalized(np.cross(ground.up, [0.3, 0.2, 1.0]))
        corners = [
            foot + GROUND_EXTENT_M * (a * side + b * np.cross(ground.up, side)) for a, b in ((-1, -1), (1, -1), (-1, 1), (1, 1))
        ]
        corner_buffer = self._context.buffer(np.array(corners, "f4").tobytes())
        plane = self._context.vertex_array(self._ground, [(corner_buffer, "3f", "position")])
        self._set_light(self._ground, lighting, sun_view)
        self._ground["projection"].write(_bytes(window.matrix()))
        self._ground["below"].write(_bytes(below))
        self._ground["up"] = tuple(ground.up)
        self._shadow.use(0)
        self._contact.use(1)
        self._ground["shadow_map"], self._ground["openness"] = 0, 1
        self._ground_view.use()
        self._ground_view.color_mask = True, True, True, True
        self._shade.write(np.ones((self.resolution, self.resolution, 4), "f4").tobytes())
        self._ground_view.depth_mask = False
        plane.render(self._gl.TRIANGLE_STRIP)
        self._ground_view.depth_mask = True
        shade = _pixels(self._shade.read(), 4)[..., :3]
        plane.release()
        corner_buffer.release()
        return shade


def _open_context():
    try:
        import moderngl
    except ImportError:
        raise RenderError(
            "rendering people needs the extra `synth` (pip install 'sspnet-sdk[train,synth]'): no module moderngl"
        ) from None
    try:
        return moderngl, moderngl.create_context(standalone=True, backend="egl", require=330)  # type: ignore[arg-type]
    except Exception as error:  # moderngl raises plain Exceptions of many kinds
        raise RenderError(
            f"no OpenGL 3.3 by EGL here ({error}); on Debian or Ubuntu: apt install libegl1 libgl1-mesa-dri"
        ) from None


def _orthographic(centre: np.ndarray, towards: np.ndarray, extent: float) -> np.ndarray:
    """View of a parallel light that comes from direction `towards`: 2·extent metres wide, high and deep. -> (4, 4)."""
    z = -normalized(towards)
    x = normalized(np.cross([0.0, 1, 0] if abs(z[1]) < 0.95 else [1.0, 0, 0], z))
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([x, np.cross(z, x), z]) / extent
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    return matrix


def _openness(height: np.ndarray, extent_m: float) -> np.ndarray:
    """Metres of free air (S, S) above each place of the ground -> share of the sky's light that still comes, 0..1."""
    cell = 2 * extent_m / CONTACT_RESOLUTION
    near = cv2.GaussianBlur(np.exp(-np.clip(height, 0, None) / 0.05).astype(np.float32), (0, 0), 0.035 / cell)
    wide = cv2.GaussianBlur(np.exp(-np.clip(height, 0, None) / 0.6).astype(np.float32), (0, 0), 0.22 / cell)
    return np.clip(1 - 0.6 * near, 0, 1) * np.clip(1 - 0.85 * wide, 0, 1)


def _bytes(matrix: np.ndarray) -> bytes:
    return np.ascontiguousarray(matrix.T, "f4").tobytes()


def _pixels(raw: bytes, channels: int) -> np.ndarray:
    """Texture -> (S, S, channels), top row first."""
    values = np.frombuffer(raw, "f4")
    side = int(np.sqrt(len(values) / channels))
    return values.reshape(side, side, channels)[::-1]


def _metres(depth: np.ndarray) -> np.ndarray:
    return 2 * NEAR * FAR / (FAR + NEAR - (2 * depth - 1) * (FAR - NEAR))
