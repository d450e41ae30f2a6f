"""The names that others rely on, and what an import costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import sspnet_sdk

PUBLIC = {
    "BackendError",
    "Bundle",
    "BundleError",
    "Capture",
    "Estimator",
    "FLIP_PAIRS",
    "Frame",
    "ImageError",
    "JOINT_NAMES",
    "JOINT_PARENTS",
    "Joint",
    "OptionError",
    "Overlay",
    "OverlayVideo",
    "Person",
    "Pose",
    "PoseSmoother",
    "RerunView",
    "SSPNetError",
    "Track",
    "TrackState",
    "Tracker",
    "__version__",
    "draw",
    "open_bundle",
    "open_writer",
    "read_picture",
    "stream",
    "to_dataframe",
    "to_supervision",
    "VideoFile",
    "write_image",
    "describe_device",
    "render_inset",
}


def test_the_public_names_are_these_and_all_of_them_exist():
    assert set(sspnet_sdk.__all__) == PUBLIC == set(dir(sspnet_sdk))
    assert all(getattr(sspnet_sdk, name) is not None for name in PUBLIC)
    with pytest.raises(AttributeError, match="Estmator"):
        sspnet_sdk.Estmator  # noqa: B018


@pytest.mark.parametrize(
    "program",
    [
        "import sspnet_sdk; sspnet_sdk.formats.open_writer",
        "import sspnet_sdk; sspnet_sdk.video.stream",
        "import sspnet_sdk.overlay; from sspnet_sdk import draw; assert draw(image, []).shape == image.shape",
        "from sspnet_sdk import draw; import sspnet_sdk.overlay; assert sspnet_sdk.draw(image, []).shape == image.shape",
        "from sspnet_sdk.draw import draw; import sspnet_sdk; assert sspnet_sdk.draw(image, []).shape == image.shape",
    ],
)
def test_a_documented_name_is_there_whatever_was_imported_before(program):
    before = "import numpy; image = numpy.zeros((64, 64, 3), numpy.uint8); "
    subprocess.run([sys.executable, "-c", before + program], check=True, cwd=Path(__file__).parents[2])


def test_every_error_is_an_sspnet_error_in_one_line_with_an_exit_code():
    codes = set()
    for name in ("SSPNetError", "OptionError", "ImageError", "BundleError", "BackendError"):
        error = getattr(sspnet_sdk, name)("two\n  lines")
        assert isinstance(error, sspnet_sdk.SSPNetError) and str(error) == "two lines"
        codes.add(error.exit_code)
    assert len(codes) == 5 and 0 not in codes


def test_the_skeleton_is_one_tree_and_mirrors_onto_itself():
    assert len(sspnet_sdk.JOINT_NAMES) == len(set(sspnet_sdk.JOINT_NAMES)) == len(sspnet_sdk.JOINT_PARENTS) == 28
    assert all(parent < joint for joint, parent in enumerate(sspnet_sdk.JOINT_PARENTS))
    for right, left in sspnet_sdk.FLIP_PAIRS:
        assert sspnet_sdk.JOINT_NAMES[right][2:] == sspnet_sdk.JOINT_NAMES[left][2:]
    sided = {name[2:] for name in sspnet_sdk.JOINT_NAMES if name[:2] in ("l-", "r-")}
    assert {sspnet_sdk.JOINT_NAMES[one][2:] for one, _ in sspnet_sdk.FLIP_PAIRS} == sided


def test_the_first_17_joints_are_human36m_s():
    expected = "pelvis r-hip r-knee r-ankle l-hip l-knee l-ankle spine thorax neck head l-shoulder l-elbow l-wrist r-shoulder"
    assert sspnet_sdk.JOINT_NAMES[:17] == (*expected.split(), "r-elbow", "r-wrist")
    assert sspnet_sdk.JOINT_NAMES[17:22] == ("nose", "l-eye", "r-eye", "l-ear", "r-ear")


def test_import_brings_no_engine_no_opencv_and_no_torch():
    code = "import sys, sspnet_sdk; print([m for m in ('torch', 'cv2', 'onnxruntime', 'openvino', 'onnx') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    assert run.stdout.strip() == "[]"


def test_the_package_is_typed():
    assert (Path(sspnet_sdk.__file__).parent / "py.typed").exists()
