"""What is drawn falls where the labels say; what hides a joint makes it invisible; people cast shadows on the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sspnet_train.synth import Studio
from sspnet_train.synth.mesh import plain_mesh
from sspnet_train.synth.picture import hide_face, take_picture
from sspnet_train.synth.render import RESOLUTION
from sspnet_train.synth.scene import Scene, background, draw_scene
from sspnet_train.synth.shapes import box, ellipsoid


def a_scene(studio: Studio, seed: int, upright: bool = False) -> Scene:
    for attempt in range(30):
        rng = np.random.default_rng((seed, attempt))
        scene = draw_scene(studio.people, studio.assets.panoramas[0], rng)
        if scene is not None and (not upright or (scene.ground is not None and scene.people == 1)):
            return scene
    raise AssertionError("thirty scenes in a row showed nobody")


def test_markers_drawn_at_the_joints_fall_on_the_labels(studio: Studio) -> None:
    scene = a_scene(studio, 1)
    for joint in (0, 3, 6, 10, 13, 16, 17, 22, 27):
        vertices, triangles, _ = ellipsoid((0.03,) * 3)
        marker = plain_mesh(vertices + scene.joints[joint], triangles, np.ones(3))
        drawn = studio.renderer.draw([marker], scene.window, scene.lighting, scene.joints[0]).alpha
        rows, columns = np.nonzero(drawn > 0.5)
        label = scene.window.project(scene.joints[joint : joint + 1], RESOLUTION)[0]
        np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], label, atol=1.0)


def test_pixels_follow_from_millimetres_by_the_camera(studio: Studio) -> None:
    picture = studio.picture(3)
    joints, pelvis = picture.joints3d, picture.root_z
    for axis in (0, 1):  # u = focal·(X + X_pelvis)/(Z + Z_pelvis) + c, linear in X_pelvis and c
        depth = joints[:, 2] + pelvis
        known = picture.keypoints[:, axis] - picture.focal * joints[:, axis] / depth
        design = np.stack([picture.focal / depth, np.ones(28)], axis=1)
        solution = np.linalg.lstsq(design, known, rcond=None)[0]
        np.testing.assert_allclose(design @ solution, known, atol=0.01)


def test_joints_behind_a_wall_are_invisible(studio: Studio) -> None:
    scene = a_scene(studio, 2, upright=True)
    free = take_picture(scene, studio.renderer, studio.assets, np.random.default_rng(7))
    vertices, triangles, _ = box((20.0, 20.0, 0.02))
    nearest = max(mesh.vertices[:, 2].max() for mesh in scene.meshes)
    place = np.array([0, 0, max(nearest + 0.2, -0.35)])
    wall = plain_mesh(vertices + place, triangles, np.ones(3))
    hidden = take_picture(replace(scene, meshes=[*scene.meshes, wall]), studio.renderer, studio.assets, np.random.default_rng(7))
    assert free is not None and hidden is not None
    assert free.visible.sum() >= 8 and not hidden.visible.any()


def test_a_face_seen_from_behind_is_hidden(studio: Studio) -> None:
    for seed in range(40):
        scene = a_scene(studio, seed, upright=True)
        if scene.joints[17, 2] - scene.joints[10, 2] < -0.095:
            break
    else:
        raise AssertionError("forty people in a row looked at the camera")
    picture = take_picture(replace(scene, blurred_face=False), studio.renderer, studio.assets, np.random.default_rng(3))
    assert picture is not None and not picture.visible[17:20].any()


def test_a_blurred_face_is_hidden_and_the_limbs_are_not(studio: Studio) -> None:
    scene = a_scene(studio, 2, upright=True)
    image = np.tile(np.indices((96, 96)).sum(axis=0)[..., None] % 2 * 255.0, 3)
    keypoints = scene.window.project(scene.joints, 96)
    covered, hidden = hide_face(image, keypoints, 8.0, np.random.default_rng(0))
    x, y = keypoints[17:22].mean(axis=0).astype(int)
    assert not np.allclose(covered[y - 3 : y + 3, x - 3 : x + 3], image[y - 3 : y + 3, x - 3 : x + 3])
    np.testing.assert_array_equal(np.flatnonzero(hidden), np.arange(17, 22))
    changed = np.abs(covered - image).max(axis=2) > 1
    assert 0 < changed.mean() < 0.15


def test_a_person_dims_the_ground_where_he_stands_and_not_far_away(studio: Studio) -> None:
    scene = a_scene(studio, 3, upright=True)
    rendering = studio.renderer.draw(scene.meshes, scene.window, scene.lighting, scene.joints[0], scene.ground)
    assert rendering.ground.min() < 0.8
    assert np.quantile(rendering.ground, 0.9) > 0.97
    assert studio.renderer.draw(scene.meshes, scene.window, scene.lighting, scene.joints[0]).ground.min() == 1.0


def test_the_box_holds_the_person(studio: Studio) -> None:
    scene = a_scene(studio, 4, upright=True)
    tangents = scene.window.project(scene.joints, 2.0)
    low, high = (
        2 * (corner - scene.window.centre + scene.window.half) / (2 * scene.window.half)
        for corner in (scene.box[:2], scene.box[2:])
    )
    assert (tangents > low - 0.05).all() and (tangents < high + 0.05).all()


def test_the_background_has_its_horizon_where_the_grounds_is(studio: Studio) -> None:
    scene = a_scene(studio, 5, upright=True)
    halves = np.zeros((64, 128, 3), np.uint8)
    halves[:32] = 255
    backdrop = replace(scene.backdrop, panorama=replace(scene.backdrop.panorama, picture=halves))
    picture = background(backdrop, scene.window, 96)[..., 0] > 127
    up = scene.backdrop.turn[1]
    for row in range(0, 96, 7):
        for column in range(0, 96, 7):
            x, y = (np.array([column, row]) + 0.5) / 96 * 2 - 1
            ray = np.array(
                [scene.window.centre[0] + x * scene.window.half, -scene.window.centre[1] - y * scene.window.half, -1.0]
            )
            elevation = up @ ray / np.linalg.norm(ray)
            if abs(elevation) > 0.06:
                assert picture[row, column] == (elevation > 0)
