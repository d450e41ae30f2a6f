"""Loader and network are timed alone."""

from __future__ import annotations

from drawn_people import drawn_people
from sspnet_train.training.throughput import loader_throughput, model_throughput


def test_both_sides_have_a_number(tiny_recipe):
    sources = {"drawn": drawn_people()}
    assert loader_throughput(tiny_recipe, sources, 64, workers=0, batches=2) > 0
    assert model_throughput(tiny_recipe, sources, 64, batches=1) > 0
