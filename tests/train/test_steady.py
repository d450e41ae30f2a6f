"""Two views of one crop: where their joints lie, and what a disagreement costs."""

from __future__ import annotations

import torch
from sspnet_train.network.blocks import Prediction
from sspnet_train.training.draw import Draw
from sspnet_train.training.losses import Targets
from sspnet_train.training.other_view import other_view
from sspnet_train.training.steady import SHARE, Pairs, disagreement, in_pairs


def batch(count: int = 4) -> tuple[torch.Tensor, Targets]:
    chance = torch.Generator().manual_seed(3)
    target = torch.rand(count, 28, 3, generator=chance) * 0.6 + 0.2
    targets = Targets(target, torch.ones(count, 28, 3), torch.ones(count, 28), torch.full((count,), 0.3))
    return torch.rand(count, 3, 64, 64, generator=chance) * 2 - 1, targets


def pairs(image: torch.Tensor, targets: Targets) -> Pairs:
    return next(made for seed in range(20) if (made := in_pairs(image, targets, (seed,))) is not None)


def said(poses: torch.Tensor) -> Prediction:
    return Prediction(poses, torch.ones(poses.shape[:2]), torch.zeros(*poses.shape[:2], 8, 8))


def test_a_spot_of_the_crop_is_found_where_the_other_view_says():
    crop = torch.full((1, 3, 64, 64), -0.8)
    crop[:, :, 20:24, 40:44] = 1.0
    view = other_view(crop, Draw.seeded((1,), 1, crop.device))
    spot = torch.tensor([[[42 / 64, 22 / 64]]])
    column, row = (view.of_crop(spot)[0, 0] * 64).int().tolist()
    assert view.image[0, :, row, column].mean() > 0.4 and (view.image > 0.2).float().mean() < 0.02
    torch.testing.assert_close(view.to_crop(view.of_crop(spot)), spot)


def test_the_second_half_of_a_batch_of_pairs_shows_the_first_half_again():
    image, targets = batch()
    made = pairs(image, targets)
    assert torch.equal(made.image[:2], image[:2]) and made.image.shape == image.shape
    moved = made.targets.target[2:] - targets.target[:2]
    assert 0.001 < moved[..., :2].abs().max() < 0.1 and torch.equal(moved[..., 2], torch.zeros(2, 28))
    assert torch.equal(made.targets.weight[2:], targets.weight[:2])


def test_about_so_many_batches_are_made_of_pairs_and_the_seed_says_which():
    image, targets = batch()
    made = [in_pairs(image, targets, (seed,)) is not None for seed in range(200)]
    assert abs(sum(made) / 200 - SHARE) < 0.1 and in_pairs(image[:1], targets, (0,)) is None
    assert made == [in_pairs(image, targets, (seed,)) is not None for seed in range(200)]


def test_the_truth_agrees_with_itself_and_an_answer_that_stands_still_does_not():
    made = pairs(*batch())
    truth = made.targets.target
    assert disagreement([said(truth)], made, [1.0]) < 1e-6
    still = torch.cat([truth[:2], truth[:2]])
    apart = (truth[2:, :, :2] - truth[:2, :, :2]).abs().sum(dim=2).mean()
    assert 0.5 * apart < disagreement([said(still)], made, [1.0]) < 1.5 * apart
    assert disagreement([said(truth), said(still)], made, [1.0, 3.0]) > disagreement([said(truth), said(still)], made, [3.0, 1.0])


def test_crops_of_nobody_may_be_answered_as_one_likes():
    made = pairs(*batch())
    made.targets.weight[:] = 0.0
    assert disagreement([said(torch.rand(4, 28, 3))], made, [1.0]) == 0
