"""The numbers by which a bundle's runtimes believe a pose and read people off the finder's maps.

They were measured on the default model, whose confidences are calibrated: a confidence is the share of joints that are right. If
you train another network, check them on pictures of your own, and change them in the bundle's manifest.json.
"""

from __future__ import annotations

from typing import Any

POSES: dict[str, Any] = {
    "sure": 0.3,
    "believed": 0.7,
    "seen": 0.2,
    "fewest_seen": 5,
    # A person's box around the joints, as shares of their longer extent: median of 9,000 photographs.
    "margin_side": 0.07,
    "margin_end": 0.1,
    "margin_unseen": 0.05,
}

CENTRES_AND_BOXES: dict[str, Any] = {
    "decoder": "centres_and_boxes",
    "picture_scale": 1.25,
    "stride": 32,
    "cell": 4,
    "centre_floor": 0.08,
    "most_peaks": 50,
    "same_iou": 0.6,
    "clear": 0.45,
    "sure_score": 0.3,
    # On 538 training pictures: from there on a look finds as many people as one at every peak, for less than half the looks.
    "sure_with_pose": 0.1,
    "worth_a_look": 0.18,
    "larger_first": 0.125,
    "middle_first": 0.35,
}

SINGLE_PERSON_CENTRES: dict[str, Any] = {
    "decoder": "single_person_centres",
    "joints": [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16],
    "limbs": [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
    "centre_floor": 0.05,
    "most_peaks": 30,
    "score_floor": 0.15,
    # 0.22 on 32 cells, 0.28 on 64: 95 % of 40 pictures without people stay below, 95 % of 40 with people reach it.
    "sure_score": 0.16,
    "sure_score_per_cell": 0.001875,
    "most_cells": 64,
    "clear": 0.5,
    "cells_from_guess": 1.8,  # MoveNet's own weighting
    "far_from_guess": 0.3,
    "same_iou": 0.5,
    "same_joint": 0.1,
    "shared_joints": 0.4,
    "larger_first": 0.125,
    "middle_first": 0.35,
    "small_person": 0.5,
    "nearer": 2.0,
    "nearer_overlap": 0.3,
    "candidates": 3,
}
