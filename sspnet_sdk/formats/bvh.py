"""BVH: a skeleton of fixed bones and its joint rotations, one file per person.

Every bone hangs on a joint of its own, so that rotations alone can point it anywhere: where several bones meet (pelvis, chest)
the extra joints lie on the same spot, as in the usual animation skeletons (Spine, Neck, Shoulder).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.formats.motion import Motion

Array = NDArray[np.float64]

_CM_PER_MM = 0.1
_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
_R, _DOWN = (-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)


@dataclass(frozen=True)
class Node:
    """A joint of the BVH: where it lies (`joint`, ours), and where its bone points in the rest pose (a T-pose that faces +z)."""

    name: str
    parent: int
    joint: int
    child: int | None = None  # the joint at the bone's other end; None: no bone of its own
    rest: tuple[float, float, float] = _Y


NODES: tuple[Node, ...] = (
    Node("Hips", -1, 0),
    Node("RightUpLeg", 0, 1, 2, _DOWN),
    Node("RightLeg", 1, 2, 3, _DOWN),
    Node("RightFoot", 2, 3),
    Node("LeftUpLeg", 0, 4, 5, _DOWN),
    Node("LeftLeg", 4, 5, 6, _DOWN),
    Node("LeftFoot", 5, 6),
    Node("Spine", 0, 0, 7),
    Node("Spine1", 7, 7, 8),
    Node("Chest", 8, 8),
    Node("Neck", 9, 8, 9),
    Node("Neck1", 10, 9, 10),
    Node("Head", 11, 10),
    Node("LeftShoulder", 9, 8, 11, _X),
    Node("LeftArm", 13, 11, 12, _X),
    Node("LeftForeArm", 14, 12, 13, _X),
    Node("LeftHand", 15, 13),
    Node("RightShoulder", 9, 8, 14, _R),
    Node("RightArm", 17, 14, 15, _R),
    Node("RightForeArm", 18, 15, 16, _R),
    Node("RightHand", 19, 16),
)
_TIPS_CM = {"RightFoot": (0, 0, 12), "LeftFoot": (0, 0, 12), "Head": (0, 12, 0), "LeftHand": (8, 0, 0), "RightHand": (-8, 0, 0)}
_HIP_DIRECTION = {1: _R, 4: _X}


def bvh_text(track: Motion, fps: float) -> str:
    """The file's text, in centimetres, y up, rotations Z X Y in degrees, `fps` frames a second.

    Bones have their median length in frames in which the person was seen. The hips are where `track.root` says, from the camera;
    without it they stay over one spot, as high as the legs are long. Where the person was not seen (NaN) the pose before is held.
    """
    joints, root = _evenly(track, fps)
    offsets = _offsets(track.joints[~np.isnan(track.joints).any(axis=(1, 2))])
    angles = np.degrees(np.unwrap(_euler_zxy(_local_rotations(joints)), axis=0))
    legs_cm = float(np.linalg.norm(offsets[[2, 3]], axis=1).sum())
    hips_cm = np.tile((0.0, legs_cm, 0.0), (len(joints), 1)) if root is None else _CM_PER_MM * root
    lines = ["HIERARCHY", *_hierarchy(0, offsets, 0), "MOTION", f"Frames: {len(joints)}", f"Frame Time: {1.0 / fps:.8f}"]
    for place, frame in zip(hips_cm, angles, strict=True):
        lines.append(" ".join([*(f"{value:.4f}" for value in place), *(f"{value:.5f}" for value in frame.ravel())]))
    return "\n".join(lines) + "\n"


def _evenly(track: Motion, fps: float) -> tuple[Array, Array | None]:
    """Joints (T, J, 3) and root (T, 3) at an even rate, held where the person was not seen; the first pose before that."""
    joints = track.joints.reshape(len(track.times), -1)
    given = joints if track.root is None else np.concatenate([joints, track.root], axis=1)
    times = track.times[0] + np.arange(round((track.times[-1] - track.times[0]) * fps) + 1) / fps
    table = np.stack([np.interp(times, track.times, column) for column in given.T], axis=1)
    seen = np.flatnonzero(~np.isnan(given).any(axis=1))
    latest = np.searchsorted(track.times[seen], times, side="right") - 1
    held = given[seen[np.maximum(latest, 0)]]
    table = np.where(np.isnan(table).any(axis=1, keepdims=True), held, table)
    width = joints.shape[1]
    return table[:, :width].reshape(len(table), -1, 3), None if track.root is None else table[:, width:]


def _offsets(joints: Array) -> Array:
    """(nodes, 3) cm from each node's parent in the rest pose."""
    offsets = np.zeros((len(NODES), 3))
    for index, node in enumerate(NODES[1:], start=1):
        parent = NODES[node.parent]
        direction = _HIP_DIRECTION.get(node.joint, parent.rest) if node.parent == 0 else parent.rest
        length = np.median(np.linalg.norm(joints[:, node.joint] - joints[:, parent.joint], axis=1))
        offsets[index] = _CM_PER_MM * length * np.array(direction)
    return offsets


def _local_rotations(joints: Array) -> Array:
    """(T, nodes, 3, 3): each node's rotation in its parent's frame, with the least twist that points its bone right."""
    count = len(joints)
    world = np.tile(np.eye(3), (count, len(NODES), 1, 1))
    local = world.copy()
    for index, node in enumerate(NODES):
        above = world[:, node.parent] if index else np.tile(np.eye(3), (count, 1, 1))
        if node.name == "Hips":
            local[:, index] = _frame(joints[:, 4] - joints[:, 1], joints[:, 7] - joints[:, 0])
        elif node.name == "Chest":
            turned = _frame(joints[:, 11] - joints[:, 14], joints[:, 8] - joints[:, 7])
            local[:, index] = np.swapaxes(above, 1, 2) @ turned
        elif node.child is not None:
            bone = np.einsum("tji,tj->ti", above, joints[:, node.child] - joints[:, node.joint])
            local[:, index] = _shortest_turn(np.array(node.rest), bone)
        world[:, index] = above @ local[:, index]
    return local


def _unit(vectors: Array, instead: Array) -> Array:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-6, vectors / np.maximum(length, 1e-6), instead)


def _frame(left: Array, up: Array) -> Array:
    """(T, 3, 3) rotations whose x axis is `left` and whose y axis is as near to `up` as can be."""
    x = _unit(left, np.array(_X))
    z = np.cross(x, _unit(up, np.array(_Y)))
    spare = np.cross(x, np.where(np.abs(x[:, 1:2]) < 0.9, np.array([_Y]), np.array([_Z])))
    z = _unit(z, _unit(spare, np.array(_Z)))
    return np.stack([x, np.cross(z, x), z], axis=-1)


def _shortest_turn(rest: Array, bone: Array) -> Array:
    """(T, 3, 3) rotations that bring `rest` onto the direction of `bone` (Rodrigues' formula)."""
    to = _unit(bone, rest)
    axis, cosine = np.cross(rest, to), to @ rest
    k = np.zeros((len(to), 3, 3))
    k[:, 0, 1], k[:, 0, 2], k[:, 1, 2] = -axis[:, 2], axis[:, 1], -axis[:, 0]
    k -= np.swapaxes(k, 1, 2)
    turn = np.eye(3) + k + k @ k / np.maximum(1.0 + cosine, 1e-9)[:, None, None]
    across = np.array(_Z) if abs(rest[2]) < 0.9 else np.array(_X)
    half_turn = 2.0 * np.outer(across, across) - np.eye(3)
    return np.where((cosine < -1.0 + 1e-8)[:, None, None], half_turn, turn)


def _euler_zxy(rotations: Array) -> Array:
    """(..., 3) radians z, x, y with R = Rz·Rx·Ry."""
    r = rotations
    x = np.arcsin(np.clip(r[..., 2, 1], -1.0, 1.0))
    locked = np.abs(r[..., 2, 1]) > 1.0 - 1e-9  # looking along the axis: z and y turn alike, z takes it all
    z = np.where(locked, np.arctan2(r[..., 1, 0], r[..., 0, 0]), np.arctan2(-r[..., 0, 1], r[..., 1, 1]))
    y = np.where(locked, 0.0, np.arctan2(-r[..., 2, 0], r[..., 2, 2]))
    return np.stack([z, x, y], axis=-1)


def _hierarchy(index: int, offsets: Array, depth: int) -> list[str]:
    node, pad = NODES[index], "\t" * depth
    offset = " ".join(f"{value:.4f}" for value in offsets[index])
    position = "Xposition Yposition Zposition " if index == 0 else ""
    lines = [f"{pad}{'ROOT' if index == 0 else 'JOINT'} {node.name}", f"{pad}{{", f"{pad}\tOFFSET {offset}"]
    lines.append(f"{pad}\tCHANNELS {6 if index == 0 else 3} {position}Zrotation Xrotation Yrotation")
    for child, candidate in enumerate(NODES):
        if candidate.parent == index:
            lines += _hierarchy(child, offsets, depth + 1)
    if node.name in _TIPS_CM:
        tip = " ".join(f"{value:.4f}" for value in _TIPS_CM[node.name])
        lines += [f"{pad}\tEnd Site", f"{pad}\t{{", f"{pad}\t\tOFFSET {tip}", f"{pad}\t}}"]
    return [*lines, f"{pad}}}"]
