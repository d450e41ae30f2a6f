"""How many limb joints of held-out people the peers and we place right, and how far off they are in 3D."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
from blazepose import JOINT_OF_LANDMARK, VARIANTS, BlazePose, region, track
from movenet import centre_weights, decode, to_onnx
from numpy.typing import NDArray
from sspnet_train.data.coco import JOINT_OF_COCO
from sspnet_train.data.crop import plain_crop
from sspnet_train.data.sample import LIMB_JOINTS, Sample, SampleSource
from sspnet_train.evaluation.scores import FULLY_VISIBLE
from sspnet_train.metrics import pa_mpjpe, torso

from sspnet_sdk import Estimator
from sspnet_sdk.pose import BODY_JOINTS

LIMBS = list(LIMB_JOINTS)
Answer = tuple[NDArray, NDArray | None]
"""(17, 2) pixels of the sample's image, and (17, 3) mm or None; only the limb joints count."""
Network = Callable[[Sample], Answer]


def ours(estimator: Estimator) -> Network:
    """The SDK with the true box."""

    def run(sample: Sample) -> Answer:
        pose = estimator.predict(sample.image, sample.box)
        return pose.keypoints, pose.joints3d

    return run


def movenet(model_json: Path, threads: int) -> Network:
    """MoveNet on the same crop that our network sees."""
    model, size = to_onnx(model_json)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names, weights = [output.name for output in session.get_outputs()], centre_weights(model_json)

    def run(sample: Sample) -> Answer:
        crop, view = plain_crop(sample, size)
        heads = dict(zip(names, session.run(names, {"image": crop[None]}), strict=True))
        points = (decode(heads, weights) * size - view[:, 2]) @ np.linalg.inv(view[:, :2]).T
        return _in_our_order(points, JOINT_OF_COCO), None

    return run


def blazepose(folder: Path, variant: str, threads: int) -> Network:
    """BlazePose as its tracker uses it: the first region from the *true* joints (which no user has), two more from its own."""
    network = BlazePose(folder, variant, threads)

    def run(sample: Sample) -> Answer:
        points, world = track(network, sample.image, region(sample.keypoints, sample.weight > 0), 3)
        return _in_our_order(points, JOINT_OF_LANDMARK), _in_our_order(world, JOINT_OF_LANDMARK)

    return run


def pck(network: Network, people: SampleSource, limit: int | None) -> float:
    """Share of labelled limb joints within 0.2 torso."""
    right = count = 0
    for index in range(min(limit or len(people), len(people))):
        sample = people[index]
        truth = np.where((sample.weight > 0)[:, None], sample.keypoints, np.nan).astype(np.float64)
        length = torso(truth[None], sample.box[None])[0]
        away = np.linalg.norm(network(sample)[0][LIMBS] - truth[LIMBS], axis=1) / length
        right, count = right + int((away < 0.2).sum()), count + int(np.isfinite(away).sum())
    return right / count


def aligned_error_mm(network: Network, people: SampleSource, limit: int | None) -> float | None:
    """Mean PA-MPJPE of the limb joints, of people with 11 or 12 of them in sight; None for a network without 3D."""
    errors = []
    for index in range(min(limit or len(people), len(people))):
        sample = people[index]
        assert sample.visible is not None and sample.joints3d is not None
        if sample.visible[LIMBS].sum() >= FULLY_VISIBLE:
            joints = network(sample)[1]
            if joints is None:
                return None
            errors.append(pa_mpjpe(joints[None, LIMBS].astype(np.float64), sample.joints3d[None, LIMBS])[0])
    return float(np.mean(errors))


def peers(movenets: Path, blazeposes: Path, threads: int) -> dict[str, Network]:
    """Every peer by the name that the table gives it."""
    found = {f"MoveNet {name.title()}": movenet(movenets / f"movenet-{name}.json", threads) for name in ("lightning", "thunder")}
    return found | {f"BlazePose {variant}": blazepose(blazeposes, variant, threads) for variant in VARIANTS}


def _in_our_order(points: NDArray, order: dict[int, int]) -> NDArray:
    """The body's 17 joints."""
    body = {row: joint for row, joint in order.items() if joint < BODY_JOINTS}
    joints = np.zeros((BODY_JOINTS, points.shape[1]))
    joints[list(body.values())] = points[list(body)]
    return joints
