"""How accurate every cut is at every size, set by set, and what of that a bundle states."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from sspnet_train.data.sample import SampleSource
from sspnet_train.evaluation.scores import predict_cuts, score
from sspnet_train.network.model import SSPNet
from sspnet_train.network.request import check_cuts, check_size

Scores = dict[int, dict[int, dict[str, dict[str, float]]]]
"""cut -> size -> data set -> what `evaluation.scores.score` gives."""

Accuracy = dict[int, dict[str, dict[str, dict[str, float]]]]
"""cut -> precision -> size -> {"pck": …, "pa_mpjpe_mm": …}."""


def score_sets(
    network: SSPNet,
    validation: Mapping[str, SampleSource],
    cuts: Sequence[int],
    sizes: Sequence[int],
    limit: int | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Scores:
    """Score every cut at every size on every set, on true boxes.

    Args:
        network: what is measured.
        validation: sets by name.
        cuts: pyramids after which the network answers.
        sizes: sides of the input, pixels.
        limit: only so many people of each set.
        on_progress: called with a line per set and size.

    Raises:
        TrainingOptionError: a cut or size does not exist.
    """
    check_cuts(network.config, cuts)
    for size in sizes:
        check_size(network.config, size)
    scores: Scores = {cut: {size: {} for size in sizes} for cut in cuts}
    for size in sizes:
        for name, source in validation.items():
            on_progress(f"scoring {name} at {size} px")
            predictions = predict_cuts(network, source, size, cuts, limit=limit)
            for cut in cuts:
                scores[cut][size][name] = score(predictions, cut)
    return scores


def accuracy_of(scores: Scores) -> Accuracy:
    """What a bundle states of scores by set: `stated`, for fp32."""
    return {
        cut: {"fp32": {str(size): stated(list(sets.values())) for size, sets in sizes.items()}} for cut, sizes in scores.items()
    }


def stated(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What a bundle states, of the scores of several sets of people.

    PCK@0.2 torso is of the first set without true 3D, which are photographs. Where every set has true 3D, it is of the first.
    PA-MPJPE in mm is of the first set with true 3D, over people with 11 or 12 limb joints in sight. What nobody could be scored
    by is left out.
    """
    flat = [entry for entry in scores if "pa_mpjpe_all_mm" not in entry]
    deep = [entry for entry in scores if "pa_mpjpe_all_mm" in entry]
    chosen = {"pck": (flat or deep)[0]["pck"]}
    if deep and "pa_mpjpe_mm" in deep[0]:
        chosen["pa_mpjpe_mm"] = deep[0]["pa_mpjpe_mm"]
    return {name: round(value, 4) for name, value in chosen.items() if math.isfinite(value)}
