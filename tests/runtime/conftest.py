import numpy as np
import pytest
from dot_bundle import write_dot_bundle

from sspnet_sdk.inference.pool import EnginePool


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """Measurements and compiled models go to a folder of this run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def dot_bundle(tmp_path_factory):
    """A bundle whose network sees the centre of a bright red dot, exactly."""
    return write_dot_bundle(tmp_path_factory.mktemp("dot") / "bundle")


@pytest.fixture(scope="session")
def blind_dot_bundle(tmp_path_factory):
    """The same without a finder."""
    return write_dot_bundle(tmp_path_factory.mktemp("blind") / "bundle", finder=False)


@pytest.fixture(scope="session")
def depth_dot_bundle(tmp_path_factory):
    """The same, and it knows that everybody's box is 1.7 m high."""
    return write_dot_bundle(tmp_path_factory.mktemp("depth") / "bundle", root_depth=True)


@pytest.fixture(scope="session")
def formula_dot_bundle_28(tmp_path_factory):
    """28 joints, in millimetres by the lengths of the bones."""
    return write_dot_bundle(tmp_path_factory.mktemp("formula") / "bundle", root_depth=True, joints=28)


@pytest.fixture
def measured():
    """Lets a plan, or an estimator's, measure this device to the end, as it does in the background, and gives it back."""

    def measure(owner):
        plan = getattr(owner, "_plan", owner)
        for _ in range(2):  # it begins after the second frame
            plan.frame_done()
        plan.wait()
        plan.take_up(getattr(owner, "_pool", EnginePool([])))
        return owner

    return measure


@pytest.fixture
def dot_image():
    """Draws a dark BGR image with a soft red dot at (x, y), in pixels from the top-left corner."""

    def draw(x, y, width=320, height=240, radius=6.0):
        rows, columns = np.mgrid[0:height, 0:width] + 0.5
        near = np.clip(1.5 - np.hypot(columns - x, rows - y) / radius, 0, 1)
        image = np.zeros((height, width, 3), np.uint8)
        image[:, :, 2] = np.round(255 * near)
        return image

    return draw


@pytest.fixture(params=["onnxruntime", "openvino"])
def backend(request):
    """Each engine in turn; OpenVINO is an extra."""
    return pytest.importorskip(request.param).__name__
