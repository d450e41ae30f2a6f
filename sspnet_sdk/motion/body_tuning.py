"""The numbers of the filter over all joints of one person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sspnet_sdk.pose import JOINT_NAMES


@dataclass(frozen=True)
class Tuning:
    """Found by search on rendered sequences; `benchmarks/motion.py` measures it. The person's size is 1.

    How a joint changes its pace is white noise next to the joint that carries it: so much in a second, deviation.

    Attributes:
        noise: deviation of an answer of confidence 1. Less confidence makes it as many times larger.
        common: deviation of all answers of a frame alike.
        root: changes of the pelvis.
        spine: of spine and thorax, by which the whole trunk leans.
        trunk: of hips, neck, shoulders, head and face.
        middle: of knees and elbows.
        end: of wrists and ankles.
        foot: of heels and toes.
        per_speed: what joints gain per body length a second, next to the joint that carries them.
        root_per_speed: what the pelvis gains.
        astray: how many times more they all change where all of the filter's error is systematic.
        sharpness: exponent of that share.
        error_hz: cutoff of the means that tell systematic from random.
        slowing: per second: what moves will stop.
        swing: radians a second in which limbs swing about where they hung.
        hang_s: time over which that is a mean.
        wildest: an answer further off than so many deviations counts as so far off.
    """

    noise: float
    common: float
    root: float
    spine: float
    trunk: float
    middle: float
    end: float
    foot: float
    per_speed: float
    root_per_speed: float
    astray: float
    sharpness: float
    error_hz: float
    slowing: float
    swing: float
    hang_s: float
    wildest: float

    def changes_of(self, joint: int) -> float:
        """Changes of a joint at rest."""
        kind = _kind_of(joint)
        if kind in ("spine", "thorax"):
            return self.spine
        if kind in ("knee", "elbow"):
            return self.middle
        if kind in ("ankle", "wrist"):
            return self.end
        if kind in _FOOT:
            return self.foot
        return self.root if joint == 0 else self.trunk

    def swing_of(self, joint: int) -> float:
        """Radians a second in which a joint swings; 0 for those of the trunk."""
        return self.swing if _kind_of(joint) in ("knee", "elbow", "ankle", "wrist", *_FOOT) else 0.0


_FOOT = ("heel", "big-toe", "small-toe")


def _kind_of(joint: int) -> str:
    return JOINT_NAMES[joint].removeprefix("l-").removeprefix("r-")


LIVE = Tuning(
    noise=0.005,
    common=0.0007,
    root=0.0046,
    spine=0.005,
    trunk=0.0006,
    middle=0.009,
    end=0.014,
    foot=0.006,
    per_speed=0.07,
    root_per_speed=0.16,
    astray=22.0,
    sharpness=1.2,
    error_hz=1.3,
    slowing=0.4,
    swing=5.5,
    hang_s=0.6,
    wildest=12.0,
)
SIDES = replace(LIVE, noise=0.0045, swing=0.0)
"""For telling left and right: where labels change places, a limb seems to swing back."""

RECORDED = Tuning(
    noise=0.004,
    common=0.00012,
    root=0.06,
    spine=0.011,
    trunk=0.011,
    middle=0.086,
    end=0.14,
    foot=0.072,
    per_speed=0.014,
    root_per_speed=0.014,
    astray=0.0,
    sharpness=1.0,
    error_hz=1.0,
    slowing=1.1,
    swing=0.0,
    hang_s=0.5,
    wildest=11.0,
)
"""Who sees what comes later need not guess from errors what is lag."""
