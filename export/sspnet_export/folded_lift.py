"""The lift as it is shipped: the same function as `PoseLift`, constants folded, few operations.

A call costs as much per operation as all of its arithmetic. So what is linear in an answer is one product with a constant matrix,
and a view shares with its mirror image all but the layers of the network that knows bodies. Lengths are in that network's unit
until one scale makes millimetres.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from sspnet_train.data.crop import DEPTH_RANGE_MM
from sspnet_train.data.sample import BODY_FLIP_ORDER, FLIP_ORDER, JOINTS
from sspnet_train.millimetres.fusion import DEEPEST, FEWEST_KNOWN, FURTHEST, KNOWN_FROM, KNOWN_SURELY, UNIT_MM
from sspnet_train.millimetres.one_scale import CHILDREN, LENGTHS, PARENTS
from sspnet_train.millimetres.pose_lift import BESIDE_FLIP_ORDER, FACE_REACH_MM, FOOT_REACH_MM, HEAD, NEXT_TO, PoseLift
from torch import Tensor, nn

from sspnet_export.fold import constant_linear
from sspnet_sdk.pose import BODY_JOINTS

_BONES, _BODY = len(CHILDREN), 3 * BODY_JOINTS
_DEPTH, _RAMP = DEPTH_RANGE_MM / UNIT_MM, KNOWN_SURELY - KNOWN_FROM
_PLACE, _CONFIDENCE = torch.eye(4)[:3], torch.eye(4)[3:]
"""Of u, v, z and confidence, as matrices to choose them."""
_PARTS = 1000.0
"""Of a picture's side: fractions of a reach are numbers then that fp16 holds exactly."""


class FoldedLift(nn.Module):
    """pose (N, J, 4) -> joints3d (N, J, 3) mm."""

    across: Tensor
    away: Tensor
    half_across: Tensor
    furthest: Tensor
    views: Tensor
    gains: Tensor

    def __init__(self, lift: PoseLift, joints: int):
        super().__init__()
        self.share, self.joints, self.faces_and_feet = lift.share, joints, joints - BODY_JOINTS
        self.read, self.groups = _read(joints)
        self.lengths, self.scales = _lengths(), _scales()
        self.enter, self.blocks = _of_joints(lift.fusion.enter, joints), lift.fusion.blocks
        self.leave = _of_both_views(lift.fusion.leave, BODY_FLIP_ORDER)
        self.change = _changes(lift.fusion.beside, joints, lift.share) if self.faces_and_feet else None
        self.bones, self.placed = _bones(), _placed(joints)
        self.register_buffer("across", torch.tensor([1.0, 1.0, 0.0]) / _PARTS)
        self.register_buffer("away", torch.tensor([0.0, 0.0, 1.0]))
        self.register_buffer("half_across", torch.tensor([0.5, 0.5, 0.0]))
        seen = torch.tensor([FURTHEST, FURTHEST, DEEPEST / _DEPTH, FURTHEST]).repeat(joints)
        self.register_buffer("furthest", torch.cat([seen, torch.full((_BODY,), FURTHEST)]))
        views, gains = _views(joints)
        self.register_buffer("views", views)
        self.register_buffer("gains", gains)

    def forward(self, pose: Tensor) -> Tensor:
        pelvis, flat, known, body, limbs, child, parent, *beside = self.read(pose.flatten(1)).split(self.groups, dim=1)
        direct = body * self.scale(limbs, child.minimum(parent))
        centred, weighed, seen = self.seen(pose, pelvis, flat.unflatten(1, (BODY_JOINTS, 3)), known.unsqueeze(2))
        hidden = self.hidden(torch.cat([seen.flatten(1), direct], dim=1))
        joints = self.likely(hidden, direct)
        if self.change is None:
            return joints.unflatten(1, (BODY_JOINTS, 3))
        lifted = joints.unflatten(1, (BODY_JOINTS, 3))
        scale = (weighed * lifted).sum(dim=(1, 2), keepdim=True) / (weighed * centred).sum(dim=(1, 2), keepdim=True)
        offset = beside[0].unflatten(1, (self.faces_and_feet, 3)) * (scale * self.across + self.away)
        offset = offset + self.change(hidden).unflatten(1, (self.faces_and_feet, 3))
        offset = offset / offset.norm(dim=2, keepdim=True).clamp(min=1)
        return self.placed(torch.cat([joints, offset.flatten(1)], dim=1)).unflatten(1, (self.joints, 3))

    def scale(self, limbs: Tensor, weight: Tensor) -> Tensor:
        """What makes lengths of `at_one_scale` of the body's places (N, 51)."""
        lengths, flat = self.lengths(limbs * limbs).split(2 * _BONES, dim=1)
        above, below = self.scales(lengths.relu() * flat * weight).split(_BODY, dim=1)
        return (above / below).sqrt()

    def seen(self, pose: Tensor, pelvis: Tensor, flat: Tensor, known: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The body about its middle (N, 17, 3), that times how far it is known, and `features` (N, J, 4), z in [0, 1] still."""
        place, confidence = pose.split([3, 1], dim=2)
        known = known.clamp(0, 1)
        known = torch.maximum(known, (FEWEST_KNOWN - known.sum(dim=1, keepdim=True)).clamp(0, 1))
        count = known.sum(dim=1, keepdim=True)
        middle = (known * flat).sum(dim=1, keepdim=True) / count
        centred = flat - middle
        weighed = known * centred
        spread = ((weighed * weighed).sum(dim=(1, 2), keepdim=True) / count) ** self.half_across
        seen = (place - (pelvis.unsqueeze(1) + middle)) / spread.clamp(min=1e-6) * confidence.sign()
        return centred, weighed, torch.cat([seen, confidence], dim=2)

    def hidden(self, inputs: Tensor) -> Tensor:
        """What the fusing network's answers are read from, of both views. (N, 163) -> (N, 2 x width)."""
        inputs = inputs.maximum(-self.furthest).minimum(self.furthest).index_select(1, self.views)
        x = self.enter(inputs.unflatten(1, (2, -1)) * self.gains)
        for block in self.blocks:
            x = x + block(x)
        return x.flatten(1)

    def likely(self, hidden: Tensor, direct: Tensor) -> Tensor:
        """The body. (N, 2 x width), (N, 51) -> (N, 51) mm."""
        joints, bones = self.bones(self.leave(hidden) + direct).split([_BODY, 3 * _BONES], dim=1)
        likely = joints / bones.unflatten(1, (_BONES, 3)).norm(dim=2).sum(dim=1, keepdim=True)
        return likely if self.share == 1 else (1 - self.share) * UNIT_MM * direct + self.share * likely


def _read(joints: int) -> tuple[nn.Linear, list[int]]:
    """What is linear in an answer, and how many numbers each is."""
    every, units = torch.eye(joints), torch.tensor([[1.0], [1.0], [_DEPTH]])
    body, child, parent = every[:BODY_JOINTS], every[CHILDREN].repeat(2, 1), every[PARENTS].repeat(2, 1)
    groups = {
        "the pelvis's z": (torch.kron(every[:1], _PLACE * torch.tensor([[0.0], [0.0], [1.0]])), 0.0),
        "places in the picture": (torch.kron(body, _PLACE * torch.tensor([[1.0], [1.0], [0.0]])), 0.0),
        "how far they are known": (torch.kron(body, _CONFIDENCE) / _RAMP, -KNOWN_FROM / _RAMP),
        "places from the pelvis": (torch.kron(body - every[0], _PLACE * units), 0.0),
        "bones": (torch.kron(every[CHILDREN] - every[PARENTS], _PLACE * units), 0.0),
        "weights of children": (torch.kron(child, _CONFIDENCE), 1e-3),
        "weights of parents": (torch.kron(parent, _CONFIDENCE), 1e-3),
    }
    if joints > BODY_JOINTS:
        from_next = (every[BODY_JOINTS:] - every[_next_to(joints)]) / _reach(joints)[:, None]
        groups["face and feet"] = torch.kron(from_next, _PLACE * torch.tensor([[_PARTS], [_PARTS], [DEPTH_RANGE_MM]])), 0.0
    biases = [torch.full((len(matrix),), bias) for matrix, bias in groups.values()]
    matrix = torch.cat([matrix for matrix, _ in groups.values()])
    return constant_linear(matrix, torch.cat(biases)), [len(bias) for bias in biases]


def _lengths() -> nn.Linear:
    """Squares of bones' x, y, z (N, 30) -> L² - Δz², then l², then twice l² once more (N, 40)."""
    flat, depth = (torch.kron(torch.eye(_BONES), torch.tensor([axes])) for axes in ([1.0, 1.0, 0.0], [0.0, 0.0, 1.0]))
    whole = (torch.tensor(LENGTHS) / UNIT_MM).square()
    return constant_linear(torch.cat([-depth, flat, flat, flat]), torch.cat([whole, torch.zeros(3 * _BONES)]))


def _scales() -> nn.Linear:
    """Weighed l²·(L² - Δz²), then l⁴, of bones (N, 20) -> the sums of both, for x and y of each joint; 1 for z (N, 102)."""
    sums = torch.kron(torch.eye(2), torch.tensor([1.0, 1.0, 0.0]).repeat(BODY_JOINTS)[:, None])
    return constant_linear(sums.repeat_interleave(_BONES, dim=1), torch.tensor([0.0, 0.0, 1.0]).repeat(2 * BODY_JOINTS))


def _views(joints: int) -> tuple[Tensor, Tensor]:
    """What the network reads of a view and of its mirror image: which inputs (326,), times what (2, 163)."""
    seen = [4 * joint + axis for joint in FLIP_ORDER[:joints] for axis in range(4)]
    mirrored = seen + [4 * joints + 3 * joint + axis for joint in BODY_FLIP_ORDER for axis in range(3)]
    gains = [torch.tensor([side, 1.0, _DEPTH, 1.0] * joints + [side, 1.0, 1.0] * BODY_JOINTS) for side in (1.0, -1.0)]
    return torch.tensor([*range(len(mirrored)), *mirrored]), torch.stack(gains)


def _of_joints(enter: nn.Linear, joints: int) -> nn.Linear:
    """For an answer without the last joints, whose inputs would be 0."""
    kept = [*range(4 * joints), *range(4 * JOINTS, enter.in_features)]
    return constant_linear(enter.weight[:, kept], enter.bias)


def _of_both_views(leave: nn.Linear, flip_order: Sequence[int]) -> nn.Linear:
    """The mean of what both views say of some joints, (N, 2 x width) -> (N, 3 x joints)."""
    mirrored = [3 * joint + axis for joint in flip_order for axis in range(3)]
    side = torch.tensor([-1.0, 1.0, 1.0]).repeat(len(flip_order))
    weight = torch.cat([leave.weight, leave.weight[mirrored] * side[:, None]], dim=1)
    return constant_linear(weight / 2, (leave.bias + leave.bias[mirrored] * side) / 2)


def _changes(beside: nn.Linear, joints: int, share: float) -> nn.Linear:
    """What is to be changed in face and feet, in the reach of each. (N, 2 x width) -> (N, 3 x (J - 17))."""
    both, kept = _of_both_views(beside, BESIDE_FLIP_ORDER), 3 * (joints - BODY_JOINTS)
    reaches = share * UNIT_MM / _reach(joints).repeat_interleave(3)
    return constant_linear(both.weight[:kept] * reaches[:, None], both.bias[:kept] * reaches)


def _bones() -> nn.Linear:
    """Joints -> joints from the pelvis times the length that all bones have, then the bones, (N, 51) -> (N, 81)."""
    body = torch.eye(BODY_JOINTS)
    rows = torch.cat([(body - body[0]) * sum(LENGTHS), body[CHILDREN] - body[PARENTS]])
    return constant_linear(torch.kron(rows, torch.eye(3)))


def _placed(joints: int) -> nn.Linear:
    """Body in mm, and face and feet in their reach from the joint next to them -> all in mm."""
    body, next_to = torch.eye(BODY_JOINTS, joints), torch.eye(BODY_JOINTS)[_next_to(joints)]
    return constant_linear(torch.kron(torch.cat([body, torch.cat([next_to, _reach(joints).diag()], dim=1)]), torch.eye(3)))


def _next_to(joints: int) -> list[int]:
    return [NEXT_TO[joint] for joint in range(BODY_JOINTS, joints)]


def _reach(joints: int) -> Tensor:
    return torch.tensor([FACE_REACH_MM if joint == HEAD else FOOT_REACH_MM for joint in _next_to(joints)])
