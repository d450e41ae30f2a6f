import torch
from sspnet_train.calibrate import fit_logistic


def test_a_fitted_confidence_is_the_probability_of_being_right():
    torch.manual_seed(0)
    evidence = torch.randn(20_000)
    truth = (torch.rand(20_000) < torch.sigmoid(2 * evidence - 1)).float()
    weights = fit_logistic(torch.stack([evidence, torch.ones(20_000)], dim=1), truth)
    assert torch.allclose(weights, torch.tensor([2.0, -1.0]), atol=0.1)
