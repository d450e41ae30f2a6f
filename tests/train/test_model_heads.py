"""What heads read from heatmaps, against short float64 references."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sspnet_train.network.blocks import PredictionBlock
from sspnet_train.network.soft_argmax import attended_depth, expectation, log_prior, peak_mass, spatial_softmax


def reference_pose(logits: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eq. 5-8 and 10 for one map, in float64: ((u, v), z)."""
    heights, widths = logits.shape
    phi = np.exp(logits - logits.max())
    phi /= phi.sum()
    u = sum(phi[i, j] * (2 * (j + 1) - 1) / (2 * widths) for i in range(heights) for j in range(widths))
    v = sum(phi[i, j] * (2 * (i + 1) - 1) / (2 * heights) for i in range(heights) for j in range(widths))
    return np.array([u, v]), (phi * depth).sum()


@pytest.mark.parametrize("shape", [(8, 8), (4, 6), (16, 16)])
def test_coordinates_and_depth_are_the_expectations_of_the_paper(shape):
    rng = np.random.default_rng(1)
    logits, depth = rng.normal(scale=3, size=(2, 3, *shape)), rng.random((2, 3, *shape))
    heatmap = spatial_softmax(torch.tensor(logits, dtype=torch.float32))
    pose, z = expectation(heatmap), attended_depth(heatmap, torch.tensor(depth, dtype=torch.float32))
    for n in range(2):
        for j in range(3):
            expected, expected_z = reference_pose(logits[n, j], depth[n, j])
            np.testing.assert_allclose(pose[n, j].numpy(), expected, atol=1e-6)
            np.testing.assert_allclose(z[n, j, 0].item(), expected_z, atol=1e-6)


def test_a_single_hot_cell_gives_its_centre_its_depth_and_full_confidence():
    logits, depth = torch.full((1, 1, 4, 8), -60.0), torch.full((1, 1, 4, 8), 0.9)
    logits[0, 0, 1, 5], depth[0, 0, 1, 5] = 60.0, 0.25
    heatmap = spatial_softmax(logits)
    torch.testing.assert_close(expectation(heatmap)[0, 0], torch.tensor([5.5 / 8, 1.5 / 4]))
    torch.testing.assert_close(attended_depth(heatmap, depth).item(), 0.25)
    torch.testing.assert_close(peak_mass(heatmap).item(), 1.0)


def test_confidence_is_the_largest_mass_of_four_neighbouring_cells():
    heatmap = torch.zeros(1, 1, 4, 4)
    heatmap[0, 0, 1:3, 2:4] = torch.tensor([[0.1, 0.2], [0.3, 0.1]])
    heatmap[0, 0, 0, 0] = 0.3
    assert peak_mass(heatmap).item() == pytest.approx(0.7)


def test_a_map_of_one_cell_is_certain():
    assert peak_mass(torch.ones(1, 17, 1, 1)).tolist() == [[1.0] * 17]


def test_the_prior_is_largest_at_the_pose_and_falls_with_distance_in_cells():
    pose = torch.tensor([[[5.5 / 8, 1.5 / 8]]])
    prior = log_prior(torch.Size((1, 1, 8, 8)), pose, torch.tensor(3.0), torch.tensor(0.0))[0, 0]
    assert prior.argmax().item() == 1 * 8 + 5
    assert prior[1, 5].item() == pytest.approx(0.0, abs=1e-5)
    assert prior[1, 7].item() == pytest.approx(-3 * np.log(1 + 4), abs=1e-4)


def test_what_features_say_for_a_joint_makes_its_confidence_higher():
    block, heatmap = PredictionBlock(8, 17, 3, refining=True), spatial_softmax(torch.randn(2, 17, 8, 8))
    doubtful, neutral, sure = (block.confidence(heatmap, torch.full_like(heatmap, value)) for value in (-1.0, 0.0, 1.0))
    torch.testing.assert_close(torch.logit(sure) - torch.logit(neutral), torch.ones(2, 17), atol=1e-4, rtol=0)
    assert (doubtful < neutral).all()


def test_confidence_is_calibrated_by_mass_and_by_how_many_cells_a_map_has():
    block, logits = PredictionBlock(8, 17, 3, refining=True), torch.randn(2, 17, 16, 16)
    block.calibration.data = torch.tensor([2.0, 0.5, 0.3])
    heatmap = spatial_softmax(logits)
    expected = torch.sigmoid(2 * torch.logit(peak_mass(heatmap)) + 0.5 + 0.3 * np.log(16 * 16 / 1024))
    torch.testing.assert_close(block.confidence(heatmap, torch.zeros_like(heatmap)), expected)
