"""The names that users rely on, and what importing them costs."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import sspnet_sdk

ROOT = Path(__file__).parents[1]

PUBLIC = {
    "Estimator", "Pose", "SSPNetError", "ImageError", "BundleError", "BackendError", "OptionError",
    "JOINT_NAMES", "JOINT_PARENTS", "FLIP_PAIRS", "__version__",
    "stream", "draw", "Frame", "Person", "Tracker", "Track", "TrackState", "Capture", "Overlay", "OverlayVideo", "open_bundle",
    "VideoFile", "render_inset", "describe_device", "Joint", "open_writer", "to_dataframe", "to_supervision",
}  # fmt: skip


def test_the_public_names_are_there_and_listed():
    assert set(sspnet_sdk.__all__) >= PUBLIC
    for name in PUBLIC:
        assert getattr(sspnet_sdk, name) is not None


def test_the_map_of_the_repository_lists_every_public_name():
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    listed = text.split("Public surface,")[1].split("```")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == set(sspnet_sdk.__all__)


def test_the_estimator_takes_the_promised_options():
    options = inspect.signature(sspnet_sdk.Estimator).parameters
    expected = ["bundle", "target_fps", "deadline_ms", "percentile", "cut", "input_size"]
    expected += ["precision", "backend", "device", "threads", "color", "workers"]
    assert list(options) == expected
    assert all(option.kind is option.KEYWORD_ONLY for name, option in options.items() if name != "bundle")
    assert list(inspect.signature(sspnet_sdk.Estimator.predict).parameters) == [
        "self",
        "img",
        "box",
        "camera",
        "deadline_ms",
        "height_mm",
    ]


def test_every_error_of_ours_has_one_root():
    for name in PUBLIC:
        if name.endswith("Error"):
            assert issubclass(getattr(sspnet_sdk, name), sspnet_sdk.SSPNetError)


def test_importing_the_package_loads_no_engine_and_no_torch():
    heavy = "{'torch', 'onnxruntime', 'openvino', 'cv2', 'sspnet_train', 'sspnet_export'}"
    code = f"import sys, sspnet_sdk; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_no_program_to_start_from_and_no_page_imports_an_inner_module():
    """What is collected for other machines (examples/web) and training's own examples are tools of the source tree."""
    for page in (*ROOT.glob("examples/*.py"), *ROOT.glob("docs/*.md"), ROOT / "README.md"):
        assert re.findall(r"(?:from|import) sspnet_sdk\.\w+", page.read_text(encoding="utf-8")) == [], page.name
