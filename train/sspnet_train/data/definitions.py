"""Joints of one definition in terms of another, as far as that can be known (docs/joints.md).

Laboratories place joints by markers, annotators of photographs by eye. Hips and shoulders differ by a few per cent of the torso,
and stay as they are. Neck and head top are other places altogether, so they are masked.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sspnet_train.data.sample import Definition, Sample, SampleSource, canonical_scale

NAMED_ALIKE_ONLY = (7, 9, 10)
"""Spine, neck and head: laboratories and COCO mean different places."""
MIDPOINTS = {0: (1, 4), 8: (11, 14)}
"""COCO has no pelvis or thorax: the middles of hips and shoulders."""


def with_definition(source: SampleSource, wanted: Definition) -> SampleSource:
    """The same samples, with joints as `wanted` defines them."""
    if source.definition == wanted:
        return source
    convert = coco_from_laboratory if wanted == "coco" else laboratory_from_coco
    return replace(source, read=lambda index: convert(source[index]), definition=wanted)


def coco_from_laboratory(sample: Sample) -> Sample:
    """Pelvis and thorax become midpoints. Spine, neck and head are masked. Depth becomes a canonical adult's."""
    keypoints, weight, weight_depth = sample.keypoints.copy(), sample.weight.copy(), sample.weight_depth.copy()
    depth, joints3d = sample.depth.copy(), None if sample.joints3d is None else sample.joints3d.copy()
    for joint, (a, b) in MIDPOINTS.items():
        keypoints[joint] = (keypoints[a] + keypoints[b]) / 2
        depth[joint] = (depth[a] + depth[b]) / 2
        weight[joint], weight_depth[joint] = min(weight[a], weight[b]), min(weight_depth[a], weight_depth[b])
        if joints3d is not None:
            joints3d[joint] = (joints3d[a] + joints3d[b]) / 2
    weight[list(NAMED_ALIKE_ONLY)] = weight_depth[list(NAMED_ALIKE_ONLY)] = 0
    depth = depth - depth[0]
    root_z = sample.root_z
    if joints3d is not None:
        depth = depth * canonical_scale(joints3d)
        root_z = None if root_z is None else root_z + float(joints3d[0, 2])
        joints3d = joints3d - joints3d[0]
    return replace(
        sample, keypoints=keypoints, weight=weight, depth=depth, weight_depth=weight_depth, joints3d=joints3d, root_z=root_z
    )


def laboratory_from_coco(sample: Sample) -> Sample:
    """Spine, neck and head are masked. The limbs, pelvis and thorax stay."""
    weight, weight_depth = sample.weight.copy(), sample.weight_depth.copy()
    weight[list(NAMED_ALIKE_ONLY)] = weight_depth[list(NAMED_ALIKE_ONLY)] = 0
    return replace(sample, weight=weight, weight_depth=weight_depth)


def midpoint_joints(keypoints: np.ndarray, weight: np.ndarray) -> None:
    """Fill pelvis and thorax (in place) from hips and shoulders where both are labelled."""
    for joint, (a, b) in MIDPOINTS.items():
        keypoints[joint], weight[joint] = (keypoints[a] + keypoints[b]) / 2, min(weight[a], weight[b])
