"""A real bundle of tiny graphs that see one thing: the centre of what is bright red (above 200). Its geometry is exact, so that
everything around the network can be held to a fraction of a pixel."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from sspnet_sdk import FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS
from sspnet_sdk.bundles.thresholds import SCHEMA_1

CUTS = (2, 4, 8)
DEPTH_STEP = 0.01  # every stage moves the knees this much further away, so that a pose shows its cut
# A person of 0.2 x 0.6 around the dot, which is the pelvis.
TEMPLATE = np.array(
    [
        *([0, 0], [-0.05, 0], [-0.05, 0.15], [-0.05, 0.3], [0.05, 0], [0.05, 0.15], [0.05, 0.3]),
        *([0, -0.1], [0, -0.2], [0, -0.25], [0, -0.3]),
        *([0.08, -0.2], [0.1, -0.1], [0.1, 0], [-0.08, -0.2], [-0.1, -0.1], [-0.1, 0]),
        *([0, -0.27], [0.01, -0.28], [-0.01, -0.28], [0.02, -0.28], [-0.02, -0.28]),
        *([0.05, 0.31], [-0.05, 0.31], [0.06, 0.33], [-0.06, 0.33], [0.07, 0.32], [-0.07, 0.32]),
    ],
    np.float32,
)
CENTRES_AND_BOXES = {
    **{"decoder": "centres_and_boxes", "picture_scale": 2.5, "stride": 32, "cell": 4, "centre_floor": 0.08, "most_peaks": 50},
    **{"same_iou": 0.6, "clear": 0.6, "sure_score": 0.3, "sure_with_pose": 0.12, "worth_a_look": 0.15},
    **{"larger_first": 0.125, "middle_first": 0.35},
}
BONES = [[1, 2, 421.0], [2, 3, 415.0], [4, 5, 421.0], [5, 6, 415.0], [11, 12, 278.0], [12, 13, 256.0], [14, 15, 278.0]]


def write_dot_bundle(
    folder: Path, sizes=(64, 128), finder=True, cuts=CUTS, root_depth=False, joints=17, lift=False, previous=False
) -> Path:
    """Write the bundle into `folder` (made here) and give it back. joints: 17 or 28; lift: a graph gives the millimetres.
    finder: True for one of single-person centres, "boxes" for one of centres and boxes; previous: a joint is drawn a quarter of
    the way to where the frame before had it, times that confidence."""
    graphs: dict = {}
    for size in sizes:
        (folder / str(size)).mkdir(parents=True)
        entries = []
        for number, cut in enumerate(cuts):
            name = f"{size}/stage_{cut}.onnx"
            inputs = ["image", "previous"][: 1 + previous] if number == 0 else [f"features_{cuts[number - 1]}"]
            outputs = [f"pose_{cut}", f"features_{cut}"][: 1 if cut == cuts[-1] else 2]
            if root_depth and number == 0:
                outputs.append("root_features")
            stage = _later_stage(inputs[0], outputs, joints) if number else _first_stage(size, outputs, joints, previous)
            _save(stage, folder / name)
            entries.append({"cut": cut, "file": name, "inputs": inputs, "outputs": outputs})
        graphs[str(size)] = {"stages": entries}
        if finder == "boxes":
            graphs[str(size)]["finder"] = "finder.onnx"
        elif finder:
            _save(_finder(size), folder / f"{size}/finder.onnx")
            graphs[str(size)]["finder"] = f"{size}/finder.onnx"
    if finder == "boxes":
        _save(_box_finder(), folder / "finder.onnx")
    if root_depth:
        _save(_root_depth(), folder / "root_depth.onnx")
    if lift:
        _save(_lift(joints), folder / "lift.onnx")
    more = {name: {"file": f"{name}.onnx"} for name, wanted in (("root_depth", root_depth), ("lift", lift)) if wanted}
    if finder == "boxes":
        more["finder"] = CENTRES_AND_BOXES
    write_manifest(folder, sizes, cuts, graphs, more, joints)
    return folder


def write_manifest(folder: Path, sizes, cuts, graphs, more=None, joints=17) -> None:
    files = {}
    for path in sorted(folder.rglob("*.onnx")):
        content = path.read_bytes()
        files[path.relative_to(folder).as_posix()] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    manifest = {
        "schema": 2,
        **SCHEMA_1,  # the numbers: of the first networks
        "name": "dot",
        "model": {"config": "dot"},
        "joints": {
            "names": list(JOINT_NAMES[:joints]),
            "parents": list(JOINT_PARENTS[:joints]),
            "flip_pairs": [list(pair) for pair in FLIP_PAIRS if max(pair) < joints],
            "root": 0,
        },
        "frame": {"depth_range_mm": 2000.0, "bone_lengths_mm": BONES},
        "preprocessing": {"layout": "NHWC", "dtype": "uint8", "color": "rgb", "box_scale": 1.25, "border": 128},
        "sizes": list(sizes),
        "precisions": ["fp32"],
        "cuts": [{"cut": cut, "parameters": 0, "macs": {str(s): s * s * cut for s in sizes}, "accuracy": {}} for cut in cuts],
        "graphs": {"fp32": graphs},
        "files": files,
        "license": "Apache-2.0",
        "training_data": [],
        "versions": {},
        "created": "2026-01-01T00:00:00Z",
        **(more or {}),
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _brightness(size):
    """Nodes from `image` to `w` (N, size, size), `total` (N, 1, 1): how far red is above 200."""
    return [
        helper.make_node("Cast", ["image"], ["float"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["float", "zero"], ["red"], axis=3),
        helper.make_node("Sub", ["red", "floor"], ["above"]),
        helper.make_node("Relu", ["above"], ["w"]),
    ], {"zero": np.array(0, np.int64), "floor": np.float32(200)}


def _first_stage(size, outputs, joints, previous):
    nodes, constants = _brightness(size)
    centres = (np.arange(size, dtype=np.float32) + 0.5) / size
    constants |= {"us": centres[None, None, :], "vs": centres[None, :, None], "axes": np.array([1, 2], np.int64)}
    constants |= {"tiny": np.float32(1e-3), "full": np.float32(50.0), "one": np.float32(0.9), "none": np.float32(0)}
    nodes += [
        helper.make_node("ReduceSum", ["w", "axes"], ["total"], keepdims=1),
        helper.make_node("Add", ["total", "tiny"], ["divisor"]),
        helper.make_node("Div", ["w", "divisor"], ["q"]),
        helper.make_node("Mul", ["q", "us"], ["qu"]),
        helper.make_node("Mul", ["q", "vs"], ["qv"]),
        helper.make_node("ReduceSum", ["qu", "axes"], ["u"], keepdims=1),
        helper.make_node("ReduceSum", ["qv", "axes"], ["v"], keepdims=1),
        helper.make_node("Div", ["total", "full"], ["share"]),
        helper.make_node("Clip", ["share", "none", "one"], ["confidence"]),
        helper.make_node("Mul", ["total", "none"], ["nought"]),
        helper.make_node("Concat", ["u", "v", "nought", "confidence"], ["state"], axis=2),  # (N, 1, 4)
    ]
    inputs = [("image", TensorProto.UINT8, ["N", size, size, 3])]
    if previous:
        inputs.append(("previous", TensorProto.FLOAT, ["N", joints, 4]))
    return _with_template(nodes, constants, "state", outputs, inputs, joints)


def _later_stage(features, outputs, joints):
    step = np.zeros((1, joints, 4), np.float32)
    step[0, [2, 5], 2] = DEPTH_STEP
    nodes = [helper.make_node("Add", [features, "step"], ["state"])]
    inputs = [(features, TensorProto.FLOAT, ["N", joints, 4])]
    nodes.append(helper.make_node("Identity", ["state"], [outputs[0]]))
    if len(outputs) > 1:
        nodes.append(helper.make_node("Identity", ["state"], [outputs[1]]))
    return _graph(nodes, {"step": step}, inputs, [(name, ["N", joints, 4]) for name in outputs])


def _with_template(nodes, constants, state, outputs, inputs, joints):
    template = np.zeros((1, joints, 4), np.float32)
    template[0, :, :2], template[0, :, 2] = TEMPLATE[:joints], 0.5
    constants["template"] = template
    poses = [name for name in outputs if name != "root_features"]
    alone = ["alone"] if len(inputs) > 1 else poses
    nodes = [*nodes, *(helper.make_node("Add", [state, "template"], [name]) for name in alone)]
    if alone != poses:
        constants |= {"last": np.array([3]), "quarter": np.float32([0.25, 0.25, 0.25, 0])}
        nodes += [
            helper.make_node("Gather", ["previous", "last"], ["known"], axis=2),
            helper.make_node("Sub", ["previous", "alone"], ["apart"]),
            helper.make_node("Mul", ["apart", "known"], ["pull"]),
            helper.make_node("Mul", ["pull", "quarter"], ["pulled"]),
            *(helper.make_node("Add", ["alone", "pulled"], [name]) for name in poses),
        ]
    if len(poses) < len(outputs):
        constants["person"] = np.array([1], np.int64)
        nodes.append(helper.make_node("Squeeze", [state, "person"], ["root_features"]))
    features = [("root_features", ["N", 4])] if len(poses) < len(outputs) else []
    return _graph(nodes, constants, inputs, [(name, ["N", joints, 4]) for name in poses] + features)


def _root_depth():
    """Everybody's box is 1700 mm on its longer side, and who is half as bright is twice as large."""
    nodes = [
        helper.make_node("Gather", ["box", "first"], ["closeness"], axis=1),
        helper.make_node("Gather", ["root_features", "last"], ["confidence"], axis=1),
        helper.make_node("Exp", ["closeness"], ["ratio"]),
        helper.make_node("Mul", ["ratio", "size"], ["z"]),
        helper.make_node("Div", ["z", "confidence"], ["root_z"]),
    ]
    constants = {"first": np.array(0), "last": np.array(3), "size": np.float32(1700 * 0.9)}
    inputs = [("root_features", TensorProto.FLOAT, ["N", 4]), ("box", TensorProto.FLOAT, ["N", 6])]
    return _graph(nodes, constants, inputs, [("root_z", ["N"])])


def _lift(joints):
    """The crop is 2 m wide: millimetres from the pelvis."""
    nodes = [
        helper.make_node("Slice", ["pose", "first", "third", "last"], ["uvz"]),
        helper.make_node("Gather", ["uvz", "first"], ["pelvis"], axis=1),
        helper.make_node("Sub", ["uvz", "pelvis"], ["away"]),
        helper.make_node("Mul", ["away", "range"], ["joints3d"]),
    ]
    constants = {"first": np.array([0]), "third": np.array([3]), "last": np.array([2]), "range": np.float32(2000)}
    return _graph(nodes, constants, [("pose", TensorProto.FLOAT, ["N", joints, 4])], [("joints3d", ["N", joints, 3])])


def _finder(size, cell=8):
    nodes, constants = _brightness(size)
    count = size // cell
    at = (np.arange(count, dtype=np.float32) + 0.5) / count
    joints = np.zeros((1, 17, 2, count, count), np.float32)
    joints[0, :, 0] = TEMPLATE[:17, 0, None, None] + at[None, None, :]
    joints[0, :, 1] = TEMPLATE[:17, 1, None, None] + at[None, :, None]
    constants |= {"joint_map": joints, "channel": np.array([1], np.int64), "span": np.float32(60), "none": np.float32(0)}
    constants |= {"all": np.array([1, 17, count, count], np.int64), "lift": np.array([1, 2, 3, 4], np.int64)}
    nodes += [
        helper.make_node("Unsqueeze", ["w", "channel"], ["w4"]),
        helper.make_node("MaxPool", ["w4"], ["peak"], kernel_shape=[cell, cell], strides=[cell, cell]),
        helper.make_node("Squeeze", ["peak", "channel"], ["flat"]),
        helper.make_node("Div", ["flat", "span"], ["centre"]),
        helper.make_node("ReduceMean", ["flat"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Mul", ["mean", "none"], ["nought"]),
        helper.make_node("Unsqueeze", ["nought", "lift"], ["nought5"]),
        helper.make_node("Add", ["joint_map", "nought5"], ["joints"]),
        helper.make_node("GlobalMaxPool", ["peak"], ["highest"]),
        helper.make_node("Div", ["highest", "span"], ["likelihood"]),
        helper.make_node("Expand", ["likelihood", "all"], ["heat"]),
    ]
    outputs = [("centre", ["N", count, count]), ("joints", ["N", 17, 2, count, count]), ("heat", ["N", 17, count, count])]
    return _graph(nodes, constants, [("image", TensorProto.UINT8, ["N", size, size, 3])], outputs)


def _box_finder(cell=4):
    """For pictures of any shape: everybody's box is 12 x 24 cells."""
    nodes, constants = _brightness(None)
    constants |= {"channel": np.array([1], np.int64), "span": np.float32(60), "none": np.float32(0)}
    constants |= {"person": np.array([0.5, 0.5, 12, 24], np.float32).reshape(1, 4, 1, 1)}
    nodes += [
        helper.make_node("Unsqueeze", ["w", "channel"], ["w4"]),
        helper.make_node("MaxPool", ["w4"], ["peak"], kernel_shape=[cell, cell], strides=[cell, cell]),
        helper.make_node("Div", ["peak", "span"], ["likelihood"]),
        helper.make_node("Squeeze", ["likelihood", "channel"], ["centre"]),
        helper.make_node("Mul", ["peak", "none"], ["nought"]),
        helper.make_node("Add", ["nought", "person"], ["box"]),
    ]
    outputs = [("centre", ["N", "h", "w"]), ("box", ["N", 4, "h", "w"])]
    return _graph(nodes, constants, [("image", TensorProto.UINT8, ["N", "height", "width", 3])], outputs)


def _graph(nodes, constants, inputs, outputs):
    graph = helper.make_graph(
        nodes,
        "dot",
        [helper.make_tensor_value_info(*entry) for entry in inputs],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def _save(model, path):
    onnx.checker.check_model(model)
    onnx.save(model, path)
