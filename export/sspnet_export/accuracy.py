"""What a precision costs in accuracy: people with labels, seen by a bundle as it ships, beside its fp32 in the same engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from sspnet_train.data.sample import Sample, SampleSource, labels_only
from sspnet_train.evaluation.accuracy import stated
from sspnet_train.evaluation.scores import Predictions, score

from sspnet_export.checks import COMPUTED
from sspnet_export.errors import ExportError
from sspnet_sdk import Estimator
from sspnet_sdk.backends import installed, load
from sspnet_sdk.bundle import Bundle
from sspnet_sdk.bundles.manifest import largest_score
from sspnet_sdk.device import default_threads
from sspnet_sdk.errors import SSPNetError

People = Mapping[str, SampleSource]
"""Validation people by data set, as `sspnet_train.data.catalog.validation_sets` gives them."""


def engine_for(precision: str) -> str:
    """The engine, on this CPU, in which a precision is scored.

    Raises:
        ExportError: none computes in it.
    """
    if precision != COMPUTED:
        return "onnxruntime"
    able = [name for name in installed() if precision in load(name).precisions]
    if not able:
        raise ExportError(f"{precision} can be scored only where an engine computes it: OpenVINO on a CPU with AVX-512 or AMX")
    return able[0]


def add_accuracy(
    document: dict[str, Any],
    bundle: Bundle,
    precisions: Sequence[str],
    people: People,
    limit: int | None,
    on_progress: Callable[[str], None],
) -> None:
    """Score some precisions of a bundle at every cut and size, and write what comes out into its manifest.

    Where the manifest states fp32's accuracy, a precision's is that plus the difference that it makes on `people`, so that the
    two are comparable even if `limit` leaves out most of them. Else both are what was measured.

    Args:
        document: the manifest; changed in place.
        precisions: other than fp32.
        people: who is scored.
        limit: only so many people of each set.
        on_progress: called with a line for each size, cut and precision.
    """
    for size in bundle.sizes:
        for entry in document["cuts"]:
            cut, accuracy = entry["cut"], {name: dict(sizes) for name, sizes in entry.get("accuracy", {}).items()}
            exact: dict[str, dict[str, float]] = {}
            for precision in precisions:
                engine = engine_for(precision)
                if engine not in exact:
                    exact[engine] = scored(bundle, engine, "fp32", size, cut, people, limit)
                found = scored(bundle, engine, precision, size, cut, people, limit)
                base = accuracy.setdefault("fp32", {}).setdefault(str(size), exact[engine])
                cost = {name: found[name] - exact[engine][name] for name in found if name in base}
                accuracy.setdefault(precision, {})[str(size)] = {name: _sum(name, base[name], cost[name]) for name in cost}
                told = ", ".join(f"{name} {value:+.4f}" for name, value in cost.items())
                on_progress(f"{precision} {size} px cut {cut} beside fp32: {told}")
            entry["accuracy"] = accuracy


def _sum(name: str, base: float, cost: float) -> float:
    """A score with what a precision costs. A share stays one, even if it was measured on few people."""
    return round(min(max(base + cost, 0.0), largest_score(name)), 4)


def scored(
    bundle: Bundle, engine: str, precision: str, size: int, cut: int, people: People, limit: int | None
) -> dict[str, float]:
    """`pck` of an operating point and, where the 3D of somebody in full sight is known, `pa_mpjpe_mm`.

    Raises:
        ExportError: with the engine's words.
    """
    options: dict[str, Any] = {"precision": precision, "input_size": size, "cut": cut, "backend": engine, "color": "rgb"}
    try:
        with Estimator(bundle, threads=default_threads(), device="cpu", **options) as estimator:
            return stated([score(predicted(estimator, source, cut, limit), cut) for source in people.values()])
    except SSPNetError as error:
        raise ExportError(str(error)) from None


def predicted(estimator: Estimator, source: SampleSource, cut: int, limit: int | None) -> Predictions:
    """An estimator's poses on the true boxes."""
    samples: list[Sample] = []
    poses = []
    for index in range(min(len(source), limit or len(source))):
        sample = source[index]
        poses.append(estimator.predict(sample.image, sample.box))
        samples.append(labels_only(sample))
    keypoints, joints3d = ([getattr(pose, name) for pose in poses] for name in ("keypoints", "joints3d"))
    confidence = np.stack([pose.confidence for pose in poses])
    return Predictions(samples, {cut: np.stack(keypoints)}, {cut: np.stack(joints3d)}, {cut: confidence})
