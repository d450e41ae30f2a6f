"""Camera-space millimetres, and the distance of a person from the camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from dataset_layouts import H36M_CAMERA
from drawn_people import drawn_people, drawn_person, person_mm
from sspnet_train.data.camera import Camera
from sspnet_train.data.sample import Sample, SampleSource
from sspnet_train.errors import DataError, TrainingError
from sspnet_train.millimetres.camera_space import camera_space, root_relative
from sspnet_train.millimetres.root_depth import RootDepth, box_features, load_root_depth, save_root_depth
from sspnet_train.millimetres.train_root_depth import errors, fit, see, together
from sspnet_train.network.model import SSPNet
from torch import nn


def test_pixels_and_depths_go_back_to_the_joints_they_came_from():
    joints = np.stack([person_mm(seed) + np.array([300, -100, 4000 + 500 * seed]) for seed in range(4)])
    pixels = H36M_CAMERA.project(joints)
    depth = joints[..., 2] - joints[:, :1, 2]
    found = camera_space(pixels, depth, joints[:, 0, 2], [H36M_CAMERA] * 4)
    np.testing.assert_allclose(found, joints, atol=1e-3)
    np.testing.assert_allclose(root_relative(found)[:, 0], 0)


def test_a_wrong_root_depth_scales_the_pose_and_no_more():
    joints = (person_mm(2) * [1, 1, 0] + [0, 0, 5000])[None]
    found = camera_space(H36M_CAMERA.project(joints), np.zeros((1, 17)), np.array([5500.0]), [H36M_CAMERA])
    np.testing.assert_allclose(root_relative(found), 1.1 * root_relative(joints), atol=1e-2)


def test_a_box_is_told_in_focal_lengths_and_its_middle_from_the_principal_point():
    sample = replace(
        drawn_person(0), box=np.array([40, 10, 30, 60], np.float32), focal=300.0, camera=Camera((300.0, 300.0), (80.0, 70.0))
    )
    expected = [np.log(300 / 60), 60 / 300, 0.5, 1.0, (55 - 80) / 300, (40 - 70) / 300]
    np.testing.assert_allclose(box_features(sample), expected, rtol=1e-6)
    np.testing.assert_allclose(box_features(replace(sample, camera=None)), [*expected[:4], 0, 0], rtol=1e-6)


def people_at_distances(count: int) -> SampleSource:
    distances = np.random.default_rng(0).uniform(2500, 7000, count)
    samples = [drawn_person(i, root_z=float(z)) for i, z in enumerate(distances)]
    return SampleSource("distances", count, samples.__getitem__)


def test_the_mlp_learns_how_far_people_are(tiny_config):
    torch.manual_seed(0)
    network, source = SSPNet(tiny_config).eval(), people_at_distances(24)
    views = see(network, source, range(24), [64], views=3)
    root = fit(views, network.config.width_at(network.config.levels), steps=80, lr=3e-3)
    samples = [source[i] for i in range(24)]
    from sspnet_train.evaluation.predict import predict_heads

    found = predict_heads(network, source, 64, root=root)
    assert found.root_z is not None and found.root_z.shape == (24,)
    truth = np.array([sample.root_z for sample in samples])
    assert np.median(np.abs(found.root_z - truth) / truth) < 0.12
    stated = errors(root, see(network, source, range(24), [64], jitter=False))
    assert stated["median_mm"] == pytest.approx(np.median(np.abs(found.root_z - truth)), rel=1e-3)


def test_distance_is_halved_by_twice_the_pixels(tiny_config):
    root = RootDepth(8).eval()
    sample = drawn_person(0)
    twice = replace(sample, box=sample.box * 2, focal=sample.focal * 2)
    features = torch.zeros(1, 8)
    near, same = (root.absolute(features, box_features(person)[None]) for person in (sample, twice))
    assert near.item() == pytest.approx(same.item(), rel=1e-5)


def test_it_comes_back_from_its_file_and_fits_its_network_only(tiny_config, tmp_path):
    network, root = SSPNet(tiny_config), RootDepth(8).half().float()
    save_root_depth(tmp_path / "root.safetensors", root, network, {"128": {"median_mm": 200.0}})
    loaded, found = load_root_depth(tmp_path / "root.safetensors", network)
    features, box = torch.randn(3, 8), torch.randn(3, 6)
    assert torch.equal(loaded(features, box), root(features, box)) and found == {"128": {"median_mm": 200.0}}
    wider = SSPNet(replace(tiny_config, width=16))
    with pytest.raises(TrainingError, match="trained on features of width 8; this network's are 16"):
        load_root_depth(tmp_path / "root.safetensors", wider)
    with torch.no_grad():
        network.pyramids[1][0].residual.body.pointwise.conv.weight.mul_(1.1)  # behind F_1^3
        load_root_depth(tmp_path / "root.safetensors", network)
        network.pyramids[0][0].residual.body.pointwise.conv.weight.mul_(1.1)
    with pytest.raises(TrainingError, match="another checkpoint's features"):
        load_root_depth(tmp_path / "root.safetensors", network)


def test_weights_that_are_not_finite_are_refused(tiny_config, tmp_path):
    network, root = SSPNet(tiny_config), RootDepth(8)
    nn.init.constant_(next(root.parameters()), torch.nan)
    save_root_depth(tmp_path / "root.safetensors", root, network)
    with pytest.raises(TrainingError, match="holds numbers that are not finite"):
        load_root_depth(tmp_path / "root.safetensors", network)


def test_data_without_distances_is_refused(tiny_config):
    bare = replace(drawn_person(0), root_z=None)
    with pytest.raises(DataError, match="has no absolute depths to learn from"):
        see(SSPNet(tiny_config), SampleSource("bare", 1, lambda _: bare), [0], [64])
    with pytest.raises(DataError, match="needs a focal length"):
        box_features(Sample(np.zeros((9, 9, 3), np.uint8), np.array([0, 0, 9, 9]), np.zeros((17, 2)), np.zeros(17)))
    assert drawn_people(1)[0].root_z == 4000.0


def test_people_of_several_sets_are_all_of_them_in_order():
    sources = [
        SampleSource(name, count, lambda index, name=name: f"{name}{index}") for name, count in (("a", 2), ("b", 1), ("c", 3))
    ]
    everybody = together(sources)
    assert [everybody[index] for index in range(len(everybody))] == ["a0", "a1", "b0", "c0", "c1", "c2"]
