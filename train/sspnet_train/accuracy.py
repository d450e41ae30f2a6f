"""The accuracy that a bundle states: every cut at every size, on photographs and on rendered people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from .data.sample import SampleSource
from .errors import TrainingError
from .evaluate import predict_cuts, score
from .model import SSPNet

Accuracy = dict[int, dict[str, dict[str, dict[str, float]]]]
"""cut -> precision -> size -> {"pck": …, "pa_mpjpe_mm": …}."""


def measure_accuracy(
    network: SSPNet,
    validation: Mapping[str, SampleSource],
    cuts: Sequence[int],
    sizes: Sequence[int],
    limit: int | None = None,
    on_progress: Callable[[str], None] = lambda line: None,
) -> Accuracy:
    """PCK@0.2 torso on people3d's hand labels, PA-MPJPE (mm) on synth3d's people with 11 or 12 limb joints in sight.

    limit: only so many people of each. Raises TrainingError where a cut or size does not exist.
    """
    last, stride = network.config.pyramids, network.config.largest_stride
    for cut in cuts:
        if not 1 <= cut <= last:
            raise TrainingError(f"there is no cut {cut}: the network has the pyramids 1 to {last}")
    for size in sizes:
        if size < 1 or size % stride:
            raise TrainingError(f"size {size} is not a multiple of {stride}, the network's largest stride")
    accuracy: Accuracy = {cut: {"fp32": {}} for cut in cuts}
    for size in sizes:
        scores = {}
        for name in ("people3d", "synth3d"):
            on_progress(f"scoring {name} at {size} px")
            predictions = predict_cuts(network, validation[name], size, cuts, limit=limit)
            scores[name] = {cut: score(predictions, validation[name], cut) for cut in cuts}
        for cut in cuts:
            photographs, rendered = scores["people3d"][cut], scores["synth3d"][cut]
            stated = {"pck": photographs["pck"], "pa_mpjpe_mm": rendered["pa_mpjpe_mm"]}
            accuracy[cut]["fp32"][str(size)] = {name: round(value, 4) for name, value in stated.items()}
    return accuracy
