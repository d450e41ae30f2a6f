"""What is measured on Human3.6M, MPI-INF-3DHP, people3d and synth3d, as tables in the paper's form beside its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sspnet_train.data.human36m_actions import ACTIONS
from sspnet_train.data.mpi_inf_3dhp import ACTIVITIES
from sspnet_train.data.sample import LIMB_JOINTS
from sspnet_train.errors import DataError
from sspnet_train.evaluation.paper_results import HEADS_MPJPE, HUMAN36M_MEANS, HUMAN36M_MPJPE, MPI_INF_3DHP_ALL, MPI_INF_3DHP_PCK
from sspnet_train.evaluation.predict import HeadPoses, joints_in_mm
from sspnet_train.evaluation.scores import FULLY_VISIBLE, distances_of
from sspnet_train.evaluation.tables import Cell, Table
from sspnet_train.metrics import auc, pa_mpjpe, pck
from sspnet_train.millimetres.camera_space import camera_space, root_relative
from sspnet_train.network.model import SSPNetConfig

PCK_MM = 150.0
NOT_ROOT = tuple(range(1, 17))
MPI_JOINTS = (10, 8, 11, 12, 13, 14, 15, 16, 1, 2, 3, 4, 5, 6)
"""The 14 joints of MPI-INF-3DHP's own evaluation: head top, neck, shoulders to wrists, hips to ankles."""
Ours = Mapping[str, tuple[HeadPoses, np.ndarray]]
"""Name of a way to predict -> its poses, and the root depths (N,) mm that go with them."""


def given_root_z(poses: HeadPoses) -> np.ndarray:
    if any(sample.root_z is None for sample in poses.samples):
        raise DataError("this data set gives no absolute depth of the root")
    return np.array([sample.root_z for sample in poses.samples])


def joints_in_common(poses: HeadPoses) -> int:
    """J: the first so many joints are those that both the network and the set have."""
    return min(poses.keypoints.shape[2], len(poses.samples[0].keypoints))


def predicted_joints(poses: HeadPoses, head: int, root_z: np.ndarray) -> np.ndarray:
    """A head's poses through the inverse projection, roots at the origin: (N, J, 3) mm."""
    cameras = [sample.camera for sample in poses.samples]
    known = [camera for camera in cameras if camera is not None]
    if len(known) < len(cameras):
        raise DataError("this data set gives no cameras, which the inverse projection needs")
    every = root_relative(camera_space(poses.keypoints[head], poses.depth[head], root_z, known))
    return every[:, : joints_in_common(poses)]


def true_joints(poses: HeadPoses) -> np.ndarray:
    """(N, J, 3) mm, roots at the origin."""
    found = [sample.joints3d for sample in poses.samples]
    every = root_relative(np.stack([joints for joints in found if joints is not None]).astype(np.float64))
    return every[:, : joints_in_common(poses)]


def joint_errors(poses: HeadPoses, head: int, root_z: np.ndarray) -> np.ndarray:
    """Errors (N, J) in mm. NaN for joints without a label, or without a common definition."""
    errors = np.linalg.norm(predicted_joints(poses, head, root_z) - true_joints(poses), axis=2)
    return np.where(_labelled(poses), errors, np.nan)


def mpjpe_of_head(poses: HeadPoses, head: int, root_z: np.ndarray) -> float:
    """Mean over the joints but the root, mm, of the people who are well seen.

    Raises:
        DataError: nobody is.
    """
    seen = well_seen(poses)
    if not seen.any():
        raise DataError(
            f"nobody to measure in millimetres: none of {len(seen)} people has {FULLY_VISIBLE} of 12 limb joints in sight; "
            "take more of them (--limit), or other ones"
        )
    return float(np.nanmean(joint_errors(poses, head, root_z)[seen][:, NOT_ROOT]))


def well_seen(poses: HeadPoses) -> np.ndarray:
    """Everybody, if a set says nothing of visibility; else people with 11 or 12 limb joints in sight. -> (N,)."""
    limbs = list(LIMB_JOINTS)
    return np.array([s.visible is None or s.visible[limbs].sum() >= FULLY_VISIBLE for s in poses.samples])


def _labelled(poses: HeadPoses) -> np.ndarray:
    return np.stack([sample.weight > 0 for sample in poses.samples])[:, : joints_in_common(poses)]


def human36m_tables(ours: Ours, config: SSPNetConfig) -> list[Table]:
    """Table 2 (MPJPE by action), its PA-MPJPE, and Table 5 (all heads)."""
    columns = ["MPJPE mm", *ACTIONS, "mean"]
    rows: list[list[Cell]] = []
    for name, (poses, root_z) in ours.items():
        errors = joint_errors(poses, -1, root_z)[:, NOT_ROOT]
        rows.append([name, *_by_action(poses, ACTIONS, lambda rows, e=errors: float(np.nanmean(e[rows])))])  # type: ignore[misc]
        for way, aligned in _aligned_ways(poses, root_z, config).items():
            means = _by_action(poses, ACTIONS, lambda rows, e=aligned: float(e[rows].mean()))  # type: ignore[misc]
            rows.append([f"{name}, {way}", *means])
    rows.append(["paper, Z estimated", *HUMAN36M_MPJPE.values(), HUMAN36M_MEANS["Z estimated"]])
    rows += [[f"paper, {name}", *[None] * len(ACTIONS), mean] for name, mean in HUMAN36M_MEANS.items() if name != "Z estimated"]
    table = Table("human36m_actions", "Human3.6M, S9 and S11, every 64th frame (Table 2)", columns, rows)
    return [table, _heads_in_mm(ours, config)]


def mpi_inf_3dhp_tables(ours: Ours, config: SSPNetConfig) -> list[Table]:
    """Table 3: PCK at 150 mm by activity, AUC, MPJPE; and all heads."""
    rows: list[list[Cell]] = []
    for name, (poses, root_z) in ours.items():
        errors = joint_errors(poses, -1, root_z)[:, MPI_JOINTS]
        known = errors[np.isfinite(errors)]
        within = _by_action(poses, ACTIVITIES, lambda rows, e=errors: _share_within(e[rows]))  # type: ignore[misc]
        rows.append([name, *within, 100 * auc(known), float(known.mean())])
    rows.append(["paper, Z given", *MPI_INF_3DHP_PCK.values(), *MPI_INF_3DHP_ALL.values()])
    columns = ["PCK@150 %", *ACTIVITIES, "all", "AUC", "MPJPE mm"]
    table = Table("mpi_inf_3dhp_activities", "MPI-INF-3DHP test set, unnormalised poses (Table 3)", columns, rows)
    return [table, _heads_in_mm(ours, config)]


def synth3d_tables(ours: Ours, config: SSPNetConfig) -> list[Table]:
    """What rendered people tell, whose millimetres are true: MPJPE and PA-MPJPE of those whose limbs are seen, PCK; all heads."""
    rows: list[list[Cell]] = []
    for name, (poses, root_z) in ours.items():
        seen, error = well_seen(poses), mpjpe_of_head(poses, -1, root_z)
        aligned = [float(errors[seen].mean()) for errors in _aligned_ways(poses, root_z, config).values()]
        rows.append([name, error, *aligned, 100 * torso_pck(poses, -1), int(seen.sum())])
    lifted = ["PA-MPJPE mm, lifted"] if config.lift else []
    columns = ["rendered people", "MPJPE mm", "PA-MPJPE mm", *lifted, "PCK@0.2 %", "people measured in mm"]
    return [Table("synth3d", "synth3d, validation people", columns, rows), _heads_in_mm(ours, config)]


def _heads_in_mm(ours: Ours, config: SSPNetConfig) -> Table:
    """Table 5: MPJPE of every head, by the first way of answering."""
    poses, root_z = next(iter(ours.values()))
    return heads_table(config, lambda head: mpjpe_of_head(poses, head, root_z), "MPJPE mm")


def photograph_tables(name: str, ours: Mapping[str, HeadPoses], config: SSPNetConfig) -> list[Table]:
    """PCK at 0.2 torso on labelled photographs, by cut and by head. Photographs have no true millimetres."""
    cuts = range(1, config.pyramids + 1)
    rows: list[list[Cell]] = [
        [way, *(100 * torso_pck(poses, cut * config.levels - 1) for cut in cuts)] for way, poses in ours.items()
    ]
    table = Table(f"{name}_cuts", f"{name}: limb joints within 0.2 torso, %", ["cut", *map(str, cuts)], rows)
    poses = next(iter(ours.values()))
    return [table, heads_table(config, lambda head: 100 * torso_pck(poses, head), "PCK@0.2 %")]


def torso_pck(poses: HeadPoses, head: int, threshold: float = 0.2) -> float:
    """Share of labelled limb joints in sight within a share of the torso."""
    distance, counts = (values[:, list(LIMB_JOINTS)] for values in distances_of(poses.samples, poses.keypoints[head]))
    return pck(distance, counts, threshold)


def heads_table(config: SSPNetConfig, measure: Callable[[int], float], unit: str) -> Table:
    """Table 5: a row per level, a column per pyramid. The paper's numbers stand beside where the measure is MPJPE."""
    grid: dict[int, dict[int, float]] = {level: {} for level in range(config.levels + 1)}
    head = 0
    for pyramid in range(1, config.pyramids + 1):
        for level in config.levels_of(pyramid):
            grid[level][pyramid] = measure(head)
            head += 1
    columns = [unit, *(str(pyramid) for pyramid in range(1, config.pyramids + 1))]
    rows: list[list[Cell]] = [[f"level {level}", *(grid[level].get(k) for k in range(1, config.pyramids + 1))] for level in grid]
    if unit.startswith("MPJPE"):
        rows += [
            [f"paper, level {level}", *(row.get(k) for k in range(1, config.pyramids + 1))] for level, row in HEADS_MPJPE.items()
        ]
    return Table("heads", f"All heads, {unit}, by level and pyramid (Table 5)", columns, rows)


def _aligned_ways(poses: HeadPoses, root_z: np.ndarray, config: SSPNetConfig) -> dict[str, np.ndarray]:
    """PA-MPJPE (N,) mm over the joints that all people have labelled.

    It is of the last head's own depths; and, if the network has a lift, of what a bundle gives.
    """
    common, truth = _labelled(poses).all(axis=0), true_joints(poses)
    ways = {"PA": predicted_joints(poses, -1, root_z)}
    if config.lift:
        last = poses.keypoints[-1], poses.depth[-1], poses.confidence[-1]
        ways["PA, lifted"] = joints_in_mm(poses, *last)[:, : joints_in_common(poses)]
    return {way: pa_mpjpe(joints[:, common], truth[:, common]) for way, joints in ways.items()}


def _by_action(poses: HeadPoses, actions: Sequence[str], measure: Callable[[np.ndarray], float]) -> list[Cell]:
    """The measure over each action's people, then over all. None where nobody does it."""
    of = np.array([sample.action for sample in poses.samples])
    rows = [np.flatnonzero(of == action) for action in actions]
    return [*(measure(found) if len(found) else None for found in rows), measure(np.arange(len(of)))]


def _share_within(errors: np.ndarray) -> float:
    return float(100 * (errors[np.isfinite(errors)] < PCK_MM).mean())
