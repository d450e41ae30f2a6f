"""MakeHuman garments go where the body goes."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from sspnet_train.synth.body import PosedBody, pose_body
from sspnet_train.synth.body_data import BodyData
from sspnet_train.synth.clothing import Wardrobe
from sspnet_train.synth.garments import GarmentError, load_garments
from sspnet_train.synth.generated_poses import generated_pose
from sspnet_train.synth.regions import Regions


@pytest.fixture
def archive(tmp_path, bodies: BodyData):
    """A garment of one quad: three corners on the skin, one 0.1 m above the first; it hides two vertices."""
    anchors = bodies.base_indices[[100, 200, 300]]
    low, high = bodies.base_indices[[0, 1]]
    lines = ["tag Female", *(f"{axis}_scale {low} {high} {_distance(bodies, axis)}" for axis in "xyz"), "verts 0"]
    lines += [str(anchor) for anchor in anchors] + [f"{anchors[0]} {anchors[1]} {anchors[2]} 1 0 0 0 1 0", "delete_verts"]
    hidden = bodies.base_indices
    lines += [f"{min(hidden[:4])} {hidden[7]}"]
    path = tmp_path / "garments.zip"
    with zipfile.ZipFile(path, "w") as files:
        files.writestr("coat/coat.mhclo", "\n".join(lines))
        files.writestr("coat/coat.obj", "v 0 0 0\nvt 0 0\nvt 1 0\nf 1/1 2/2 3/2 4/1\n")
    return path


def _distance(bodies: BodyData, axis: str) -> float:
    """Between the two vertices of body 0, so that its scale is 1."""
    column = {"x": 0, "y": 2, "z": 1}[axis]
    return float(abs(bodies.vertices[0, 0, column] - bodies.vertices[0, 1, column])) * 10


def test_a_garment_moves_with_the_skin_that_it_rests_on(archive, bodies: BodyData) -> None:
    garment = load_garments(archive, bodies)[0]
    rng = np.random.default_rng(0)
    body = bodies.body(3)
    posed = pose_body(body, generated_pose(rng)[0], rng)
    mesh = garment.on(body, posed, Wardrobe(Regions(bodies), 4), rng)
    np.testing.assert_allclose(mesh.vertices[:3], posed.vertices[[100, 200, 300]], atol=1e-4)
    assert mesh.triangles.tolist() == [[0, 1, 2], [0, 2, 3]]


def test_offsets_are_in_makehumans_units_and_axes(archive, bodies: BodyData) -> None:
    garment = load_garments(archive, bodies)[0]
    body, bones = bodies.body(0), len(bodies.bone_names)
    rest = PosedBody(body.vertices, np.tile(np.eye(3), (bones, 1, 1)), body.heads, np.zeros((bones, 3)))
    vertices = garment.on(body, rest, Wardrobe(Regions(bodies), 4), np.random.default_rng(0)).vertices
    np.testing.assert_allclose(vertices[3] - vertices[0], [0, 0, 0.1], atol=1e-4)


def test_a_garment_knows_whom_it_is_for_and_what_it_hides(archive, bodies: BodyData) -> None:
    garment = load_garments(archive, bodies)[0]
    assert (garment.name, garment.kind, garment.female) == ("coat", "suit", True)
    assert garment.covered[7] and garment.covered.sum() == 2


def test_an_archive_that_is_none_is_named(tmp_path, bodies: BodyData) -> None:
    (tmp_path / "garments.zip").write_text("no archive")
    with pytest.raises(GarmentError, match=r"garments\.zip holds a garment that cannot be read"):
        load_garments(tmp_path / "garments.zip", bodies)
