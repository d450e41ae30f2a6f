"""What the paper reports (Tables 2, 3, 4, 5), to stand beside what is measured."""

from __future__ import annotations

HUMAN36M_MPJPE = {
    "Directions": 46.9, "Discussion": 50.9, "Eating": 49.9, "Greeting": 47.5, "Phoning": 51.9, "Posing": 46.2, "Purchases": 49.2,
    "Sitting": 61.7, "SittingDown": 66.5, "Smoking": 53.4, "Photo": 55.2, "Waiting": 45.5, "Walking": 42.1, "WalkDog": 55.6,
    "WalkTogether": 45.9,
}  # fmt: skip
"""Table 2, single crop, mm."""
HUMAN36M_MEANS = {"Z estimated": 51.6, "Z given": 51.4, "Z given, 5 crops and flips": 50.2}

MPI_INF_3DHP_PCK = {
    "StdWalk": 87.1, "Exer": 85.4, "SitChair": 85.9, "CrouchReach": 81.6, "OnFloor": 68.5, "Sport": 88.2, "Misc": 83.0,
}  # fmt: skip
"""Table 3, per cent within 150 mm, root Z given."""
MPI_INF_3DHP_ALL = {"PCK": 83.2, "AUC": 44.3, "MPJPE": 96.8}

ARGMAX_BY_MAP = {4: 233.9, 8: 128.6, 16: 59.9, 32: 31.0}
SOFT_ARGMAX_BY_MAP = {4: 53.0, 8: 51.8, 16: 51.4, 32: 51.6}
"""Table 4, mm, by the side of the heatmap."""

HEADS_MPJPE = {
    0: {2: 64.1, 4: 55.3, 6: 52.4, 8: 51.6},
    1: {1: 85.5, 2: 65.5, 3: 60.1, 4: 55.5, 5: 55.3, 6: 52.1, 7: 51.8, 8: 51.4},
    2: {1: 71.7, 2: 67.1, 3: 58.5, 4: 57.1, 5: 53.1, 6: 53.0, 7: 52.1, 8: 51.8},
    3: {1: 68.7, 3: 58.9, 5: 54.2, 7: 53.0},
}
"""Table 5: level -> pyramid -> mm."""
