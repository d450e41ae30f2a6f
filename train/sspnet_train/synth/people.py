"""A person ready for a scene: posed and dressed, with what they hold, wear and sit on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sspnet_train.synth.assets import Assets
from sspnet_train.synth.body import Ends, PosedBody, body_joints, pose_body
from sspnet_train.synth.body_data import Body, BodyData
from sspnet_train.synth.chairs import LOWEST_SEAT_M, laid_on_seat, seat, sits
from sspnet_train.synth.clothing import Wardrobe, any_colour
from sspnet_train.synth.garments import Garment, load_garments
from sspnet_train.synth.hanging_cloth import draw_cut, hanging_cloth
from sspnet_train.synth.mesh import Mesh, vertex_normals
from sspnet_train.synth.outfit import Outfit
from sspnet_train.synth.pose_sampling import DrawnPose, PoseSampler
from sspnet_train.synth.props import GRIP_CURL, backpack, hat, held
from sspnet_train.synth.regions import Regions
from sspnet_train.synth.rotations import axis_angle

TUMBLE_SHARE = 0.07
HOLD_SHARE, HAT_SHARE, BACKPACK_SHARE, SEAT_SHARE = 0.16, 0.13, 0.05, 0.75
SUIT_SHARE, SHOES_SHARE = 0.35, 0.6
HANGING = {"skirt": (0.22, 0.03), "dress": (0.16, 0.01), "coat": (0.08, 0.08), "shirt": (0.14, 0.25)}
"""Share of women and men who wear each."""


@dataclass(frozen=True)
class Person:
    """A person in metres, y up, pelvis at 0.

    Attributes:
        meshes: the first is the skin with what is worn on it.
        body: vertices that make up the person's box.
        joints: (28, 3).
        floor: y of the ground.
        grounded: whether there is a ground; tumbling people have none.
    """

    meshes: Sequence[Mesh]
    furniture: Sequence[Mesh]
    body: np.ndarray
    joints: np.ndarray
    floor: float
    grounded: bool
    source: str
    seen: bool


@dataclass(frozen=True)
class Figure:
    """Somebody posed and dressed, in metres, y up. The pelvis is wherever the body model has it. `joints` is (28, 3)."""

    skin: Mesh
    worn: list[Mesh]
    hanging: list[Mesh]
    carried: list[Mesh]
    joints: np.ndarray

    @property
    def meshes(self) -> list[Mesh]:
        return [self.skin, *self.worn, *self.hanging, *self.carried]

    @property
    def solid(self) -> np.ndarray:
        """Vertices that make up the person's box, without what is carried."""
        return np.concatenate([mesh.vertices for mesh in (self.skin, *self.worn, *self.hanging)])


class People:
    """Makes people, from bodies, poses and assets."""

    def __init__(self, rig: BodyData, poses: PoseSampler, assets: Assets):
        self.rig, self.poses, self.tiles = rig, poses, len(assets.cloth)
        self.wardrobe = Wardrobe(Regions(rig), self.tiles)
        self.garments = load_garments(assets.garments, rig) if assets.garments else []

    def make(self, rng: np.random.Generator, *, seated: bool = False, masked: bool = False) -> Person:
        """Make a person.

        Args:
            rng: decides all of it.
            seated: on a seat.
            masked: with a mask, scarf or the like before the face.
        """
        drawn = self.poses.draw(rng, seated)
        tumbles = not (drawn.seen or seated) and rng.random() < TUMBLE_SHARE
        target = drawn.joints @ _heading(drawn, tumbles, rng).T
        figure = self.figure(target, rng, masked=masked)
        furniture, floor, seat_height = self._seat(figure, rng, tumbles, seated)
        if furniture:
            figure = replace(figure, hanging=[laid_on_seat(cloth, figure.joints, seat_height) for cloth in figure.hanging])
        pelvis = figure.joints[0]
        return Person(
            [mesh.moved(np.eye(3), -pelvis) for mesh in figure.meshes], [mesh.moved(np.eye(3), -pelvis) for mesh in furniture],
            figure.solid - pelvis, figure.joints - pelvis, floor - pelvis[1], not tumbles, drawn.source, drawn.seen,
        )  # fmt: skip

    def figure(self, target: np.ndarray, rng: np.random.Generator, *, masked: bool = False, ends: Ends | None = None) -> Figure:
        """Somebody in the pose of joints `target` (17, 3), y up.

        One state of `rng` gives one body and one set of clothes in any pose.
        """
        body, holding, posed = self.posed(target, rng, ends)
        skin, worn, hanging = self._dressed(body, posed, masked, rng)
        carried = [held(body, posed, side, self.wardrobe, rng) for side in holding]
        if rng.random() < HAT_SHARE:
            carried += self._hat(body, posed, rng)
        if rng.random() < BACKPACK_SHARE:
            carried.append(backpack(body, posed, self.wardrobe, rng))
        return Figure(skin, worn, [hanging] if hanging else [], carried, body_joints(self.rig, posed.vertices))

    def posed(self, target: np.ndarray, rng: np.random.Generator, ends: Ends | None = None) -> tuple[Body, list[str], PosedBody]:
        """The body of `figure` without what is worn, and the hands ("L", "R") that hold something."""
        body = self.rig.body(int(rng.integers(len(self.rig.vertices))))
        holding = [side for side in "LR" if rng.random() < HOLD_SHARE]
        ends = ends or Ends()
        curl = {**ends.curl, **dict.fromkeys(holding, GRIP_CURL)}
        return body, holding, pose_body(body, target, rng, replace(ends, curl=curl))

    def _dressed(
        self, body: Body, posed: PosedBody, masked: bool, rng: np.random.Generator
    ) -> tuple[Mesh, list[Mesh], Mesh | None]:
        """The skin with what is painted on it, garments that are meshes, and cloth that hangs."""
        suits = self._fitting("suit", body)
        if suits and rng.random() < SUIT_SHARE:
            chosen = [suits[int(rng.integers(len(suits)))]]
            shoes = self._fitting("shoes", body)
            if shoes and rng.random() < SHOES_SHARE:
                chosen.append(shoes[int(rng.integers(len(shoes)))])
            outfit = self.wardrobe.dress(body, rng, clothes=False, shoes=len(chosen) == 1, masked=masked)
            covered = np.any([garment.covered for garment in chosen], axis=0)
            return (
                skin_mesh(body, posed, outfit, covered),
                [garment.on(body, posed, self.wardrobe, rng) for garment in chosen],
                None,
            )
        kind = self._hanging_kind(body, rng)
        bare_legs = kind in ("skirt", "dress") and rng.random() < 0.8
        outfit = self.wardrobe.dress(body, rng, bare_legs=bare_legs, masked=masked)
        skin = skin_mesh(body, posed, outfit)
        return skin, [], self._hang(kind, body, posed, skin, outfit, rng) if kind else None

    def _fitting(self, kind: str, body: Body) -> list[Garment]:
        female = bool(self.rig.female[body.index])
        return [garment for garment in self.garments if garment.kind == kind and garment.female in (None, female)]

    def _hat(self, body: Body, posed: PosedBody, rng: np.random.Generator) -> list[Mesh]:
        hats = self._fitting("hat", body)
        if hats and rng.random() < 0.4:
            return [hats[int(rng.integers(len(hats)))].on(body, posed, self.wardrobe, rng)]
        return hat(body, posed, self.wardrobe, rng)

    def _hanging_kind(self, body: Body, rng: np.random.Generator) -> str | None:
        chance = rng.random()
        for kind, shares in HANGING.items():
            chance -= shares[0 if self.rig.female[body.index] else 1]
            if chance < 0:
                return kind
        return None

    def _hang(self, kind: str, body: Body, posed: PosedBody, skin: Mesh, outfit: Outfit, rng: np.random.Generator) -> Mesh:
        """Hang a cloth. A dress, coat or shirt continues what the belly wears; a skirt has a cloth of its own."""
        part = self.wardrobe.regions
        belly = int(np.argmin(np.linalg.norm(body.vertices - body.head("spine04") - [0, -0.1, 0], axis=1)))
        albedo, tile = outfit.albedo[belly], int(outfit.cloth[belly])
        if kind == "skirt":
            albedo, tile = any_colour(rng), self.wardrobe.tile(rng, 0.6)
        return hanging_cloth(
            body, posed, skin, part.pelvis | part.chest | part.thigh | part.shin, draw_cut(kind, rng), albedo, tile, rng
        )

    def _seat(self, figure: Figure, rng: np.random.Generator, tumbles: bool, seated: bool) -> tuple[list[Mesh], float, float]:
        """What the person sits on, if they sit; and the heights of floor and seat."""
        feet = float(figure.skin.vertices[:, 1].min())
        if tumbles or not sits(figure.joints) or (rng.random() > SEAT_SHARE and not seated):
            return [], feet, feet
        height = self.seat_height(figure)
        floor = min(feet, height - LOWEST_SEAT_M)
        return seat(figure.joints, height, floor, self.tiles, rng), floor, height

    def seat_height(self, figure: Figure) -> float:
        """y of a seat right under somebody who sits."""
        part, skin = self.wardrobe.regions, figure.skin
        near_hips = np.linalg.norm(skin.vertices - figure.joints[0], axis=1) < 0.3
        return float(skin.vertices[(part.pelvis | part.thigh) & near_hips, 1].min()) + 0.015


def skin_mesh(body: Body, posed: PosedBody, outfit: Outfit, covered: np.ndarray | None = None) -> Mesh:
    """The posed skin, pushed out by what is worn on it. `covered` (V,) is hidden by garments and left out."""
    triangles = body.rig.triangles
    thickness = softened(outfit.thickness, triangles)
    vertices = posed.vertices + vertex_normals(posed.vertices, triangles) * thickness[:, None]
    normals = vertex_normals(vertices, triangles)
    shown = triangles if covered is None else triangles[~covered[triangles].all(axis=1)]
    return Mesh(
        vertices, normals, shown, outfit.albedo, body.vertices, outfit.uv, outfit.cloth, outfit.folds, outfit.gloss
    )  # fmt: skip


def softened(values: np.ndarray, triangles: np.ndarray, rounds: int = 2) -> np.ndarray:
    """Each value's mean (V,) with its neighbours', some times. Hems that would end in spikes end in a slope."""
    corners = np.bincount(triangles.ravel(), minlength=len(values))
    for _ in range(rounds):
        sums = np.repeat(values[triangles].sum(axis=1), 3)
        values = np.bincount(triangles.ravel(), sums, len(values)) / np.maximum(3 * corners, 1)
    return values


def _heading(drawn: DrawnPose, tumbles: bool, rng: np.random.Generator) -> np.ndarray:
    """A turn about the vertical.

    It is any turn, but mostly a small one for a pose that a camera saw already. Who tumbles is turned about the view as well.
    """
    small = drawn.seen and rng.random() < 0.6
    turn = axis_angle([0, 1, 0], rng.normal(0, 0.5) if small else rng.uniform(-np.pi, np.pi))
    return axis_angle([0, 0, 1], rng.uniform(-np.pi, np.pi)) @ turn if tumbles else turn
