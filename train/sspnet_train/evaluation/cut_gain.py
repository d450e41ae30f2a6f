"""Does a later cut earn its time? By how much it is better on the same people, and whether that is more than chance.

python -m sspnet_train.evaluation.cut_gain --checkpoint edge.safetensors --data /data/people3d --data /data/synth3d
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from sspnet_train.data.catalog import common_definition, parse_data, validation_sets
from sspnet_train.errors import DataError, one_line
from sspnet_train.evaluation.scores import Predictions, limb_distances, limb_errors, predict_cuts
from sspnet_train.network.checkpoint import load_network

WITHIN_TORSO = 0.2
RESAMPLINGS = 4000


@dataclass(frozen=True)
class Gain:
    """How much better `later` is than `earlier`: more PCK, or fewer millimetres.

    Attributes:
        measure: "PCK" or "PA-MPJPE mm".
        earlier: a cut.
        later: another.
        mean: the gain over all people.
        low: lower end of its 95 % interval.
        high: upper end.
    """

    measure: str
    earlier: int
    later: int
    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        verdict = "more than chance" if self.low > 0 else "worse" if self.high < 0 else "chance"
        digits = 1 if self.measure.endswith("mm") else 4
        values = " | ".join(f"{value:+.{digits}f}" for value in (self.mean, self.low, self.high))
        return f"| {self.measure} | {self.earlier} to {self.later} | {values} | {verdict} |"


def cut_gains(predictions: Predictions, cuts: Sequence[int], seed: int = 0) -> list[Gain]:
    """The gain between every pair of cuts: in PCK@0.2 torso where joints are in sight, in PA-MPJPE where true 3D is known.

    People are drawn anew 4,000 times to tell a gain from chance.
    """
    people = len(predictions.samples)
    drawn = np.random.default_rng(seed).integers(people, size=(RESAMPLINGS, people))
    gains = []
    for earlier, later in combinations(cuts, 2):
        found = [_found(predictions, cut) for cut in (earlier, later)]
        counted = found[0][1]
        if counted.any():
            gains.append(_gain("PCK", earlier, later, found[1][0] - found[0][0], counted, drawn))
        errors = [limb_errors(predictions, cut) for cut in (earlier, later)]
        if errors[0] is not None and errors[1] is not None:
            gains.append(_gain("PA-MPJPE mm", earlier, later, errors[0] - errors[1], np.ones(people), drawn))
    return gains


def _found(predictions: Predictions, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) joints found, (N,) joints that count."""
    distance, valid = limb_distances(predictions, cut)
    return ((distance < WITHIN_TORSO) & valid).sum(axis=1), valid.sum(axis=1)


def _gain(measure: str, earlier: int, later: int, better: np.ndarray, counted: np.ndarray, drawn: np.ndarray) -> Gain:
    counts = counted[drawn].sum(axis=1)
    means = better[drawn].sum(axis=1)[counts > 0] / counts[counts > 0]
    low, high = np.percentile(means, [2.5, 97.5])
    return Gain(measure, earlier, later, float(better.sum() / counted.sum()), float(low), float(high))


def whole_numbers(text: str) -> list[int]:
    """The numbers of a comma-separated list."""
    return [int(part) for part in text.split(",")]


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", action="append", required=True, metavar="[NAME=]FOLDER")
    parser.add_argument("--cuts", type=whole_numbers, default="2,4,8")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    network, data = load_network(given.checkpoint), parse_data(given.data)
    sets = validation_sets(data, common_definition(data))
    if not sets:
        raise DataError(f"nobody is held out to score in {', '.join(data)}")
    for name, source in sets.items():
        found = predict_cuts(network, source, given.size, given.cuts, limit=given.limit)
        print(f"\n{name}, {len(found.samples)} people, {given.size} px\n")
        print("| measure | cuts | better by | 95 % from | to | |\n|---|---|---|---|---|---|")
        print("\n".join(map(str, cut_gains(found, given.cuts))), flush=True)


if __name__ == "__main__":
    main()
