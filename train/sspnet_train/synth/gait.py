"""How people move: walking, turning, sitting down, as poses over time.

Angles of a step are those of gait laboratories (Winter, "Biomechanics and Motor Control of Human Movement"), read off every few
per cent of a step and smoothed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sspnet_train.synth.bones import joints_of
from sspnet_train.synth.generated_poses import FORWARD, REST, RIGHT, UP
from sspnet_train.synth.rotations import axis_angle, degrees_about

HIP_DEG = {0: 26, 10: 23, 30: 6, 50: -11, 60: -5, 72: 14, 85: 28, 94: 28}
KNEE_DEG = {0: 5, 8: 13, 15: 17, 30: 9, 40: 6, 50: 12, 60: 34, 71: 60, 82: 38, 92: 9}
ANKLE_DEG = {0: 0, 7: -6, 20: 3, 45: 11, 55: 1, 62: -16, 75: -3, 85: 1}
"""Per cent of a stride, from the heel's strike on -> flexion."""
HARMONICS = 7
ARM_SWING_DEG, PELVIS_TURN_DEG, CHEST_TURN_DEG = 19.0, 4.0, 7.0
TOES_OUT_DEG, DOUBLE_SUPPORT = 6.0, 0.1


@dataclass(frozen=True)
class Stance:
    """A pose at one moment, facing -z, y up.

    Attributes:
        joints: (17, 3) mm with the pelvis at 0.
        toes: where each foot points, by side.
        planted: how much of the weight the left and the right foot bear, 0..1, together 1.
    """

    joints: np.ndarray
    toes: dict[str, np.ndarray]
    planted: tuple[float, float] = (0.5, 0.5)

    def facing(self, heading: float) -> Stance:
        """The stance turned about the vertical by `heading` radians. 0 faces -z, a quarter turn faces -x."""
        turn = axis_angle(UP, heading)
        return replace(self, joints=self.joints @ turn.T, toes={side: turn @ toes for side, toes in self.toes.items()})


def step(phase: float, vigour: float = 1.0) -> Stance:
    """Walking.

    Args:
        phase: strides since the right heel struck.
        vigour: 0 stands still, 1 walks.
    """
    trunk = degrees_about(RIGHT, -3.0) @ degrees_about(FORWARD, 1.5 * vigour * np.sin(2 * np.pi * phase))
    swing = vigour * np.cos(2 * np.pi * phase)
    legs, arms = [], []
    for side, offset in ((1.0, 0.0), (-1.0, 0.5)):
        hip, knee, ankle = (vigour * _at(curve, phase + offset) for curve in (HIP, KNEE, ANKLE))
        legs.append((hip, knee, ankle, 2.0))
        forwards = -side * swing
        arms.append((4 + ARM_SWING_DEG * forwards, 18 + 12 * max(forwards, 0) * vigour, 9.0))
    stance = _stance(trunk, swing * PELVIS_TURN_DEG, -swing * CHEST_TURN_DEG, legs, arms)
    right = _borne(phase)
    return replace(stance, planted=(1 - right, right))


def sit(share: float) -> Stance:
    """On the way from standing (0) to sitting on a seat (1). In between the trunk leans forwards."""
    lean = 3 + 36 * np.sin(np.pi * share) ** 1.5 - 2 * share
    legs = [(88 * share, 88 * share + 10 * np.sin(np.pi * share), 10 * np.sin(np.pi * share), 2 + 6 * share)] * 2
    arms = [(4 + 24 * share + 30 * np.sin(np.pi * share) - lean * 0.3, 18 + 32 * share, 9.0)] * 2
    return _stance(degrees_about(RIGHT, -lean), 0.0, 0.0, legs, arms)


def _borne(phase: float) -> float:
    """Share of the weight on the right foot. It shifts there after the heel's strike, and back half a stride later."""
    share = phase % 1.0
    return float(np.clip(share / DOUBLE_SUPPORT, 0, 1) - np.clip((share - 0.5) / DOUBLE_SUPPORT, 0, 1))


def _stance(
    trunk: np.ndarray,
    pelvis_deg: float,
    chest_deg: float,
    legs: list[tuple[float, float, float, float]],
    arms: list[tuple[float, float, float]],
) -> Stance:
    """A stance from its angles in degrees, right before left.

    Args:
        trunk: its rotation.
        pelvis_deg: turn of the pelvis.
        chest_deg: turn of the chest.
        legs: flexion of hip, knee and ankle, and spread.
        arms: raised forwards, elbow, spread.
    """
    bones = {joint: offset.astype(float) for joint, offset in REST.items()}
    pelvis, chest = degrees_about(UP, pelvis_deg), trunk @ degrees_about(UP, chest_deg)
    toes = {}
    for joint in (7, 8, 9, 10):
        bones[joint] = trunk @ bones[joint]
    for name, side, hip, shoulder, leg, arm in zip("RL", (1.0, -1.0), (1, 4), (14, 11), legs, arms, strict=True):
        bones[hip], bones[shoulder] = pelvis @ bones[hip], chest @ bones[shoulder]
        flexion, knee, ankle, spread = leg
        aside = degrees_about(FORWARD, -side * spread)
        bones[hip + 1] = aside @ degrees_about(RIGHT, flexion) @ bones[hip + 1]
        bones[hip + 2] = aside @ degrees_about(RIGHT, flexion - knee) @ bones[hip + 2]
        toes[name] = degrees_about(UP, -side * TOES_OUT_DEG) @ degrees_about(RIGHT, flexion - knee + ankle) @ FORWARD
        raised, elbow, spread = arm
        upper = chest @ degrees_about(FORWARD, -side * spread) @ degrees_about(RIGHT, raised) @ degrees_about(UP, side * 20)
        bones[shoulder + 1] = upper @ bones[shoulder + 1]
        bones[shoulder + 2] = upper @ degrees_about(RIGHT, elbow) @ bones[shoulder + 2]
    return Stance(joints_of(np.stack([np.zeros(3), *(bones[joint] for joint in range(1, 17))])), toes)


def _curve(points: dict[int, int]) -> np.ndarray:
    """The lowest harmonics of a periodic curve through the points."""
    per_cent = np.interp(np.arange(100), [*points, 100], [*points.values(), points[0]])
    return np.fft.rfft(per_cent)[: HARMONICS + 1] / 100


def _at(curve: np.ndarray, phase: float) -> float:
    waves = np.exp(2j * np.pi * phase * np.arange(len(curve)))
    return float(2 * (curve * waves).real.sum() - curve[0].real)


HIP, KNEE, ANKLE = _curve(HIP_DEG), _curve(KNEE_DEG), _curve(ANKLE_DEG)
