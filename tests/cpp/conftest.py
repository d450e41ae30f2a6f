import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def own_cache(tmp_path_factory):
    """Measurements and compiled models go to a folder of this run, shared by Python and C++."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def build():
    """The folder that SSPNET_BUILD names; else libsspnet is built here with OpenVINO, anew only where something changed."""
    return Path(os.environ["SSPNET_BUILD"]) if "SSPNET_BUILD" in os.environ else built_here()


@pytest.fixture(scope="session")
def engine(build):
    """The engine that C++ and Python both run: OpenVINO, or ONNX Runtime where libsspnet was built without it."""
    with_openvino = "SSPNET_OPENVINO:BOOL=ON" in (build / "CMakeCache.txt").read_text()
    return "openvino" if with_openvino else "onnxruntime"


@pytest.fixture(scope="session")
def demo(own_cache, build, engine):
    """Runs the C++ demo program with some arguments."""

    def run(*arguments, **options):
        command = [build / "cpp/examples/sspnet-demo", "--threads", "1", "--backend", engine, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, **options)

    return run


def built_here():
    """The folder of a build of this tree with OpenVINO."""
    pytest.importorskip("openvino")
    if shutil.which("cmake") is None:
        pytest.skip("cmake is not installed")
    import fcntl

    build = ROOT / "build" / "pytest"
    build.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    configure = ["cmake", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DSSPNET_OPENVINO=ON"]
    with (build / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of two workers, the second finds all built
        subprocess.run(configure, check=True, env=environment, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", build], check=True, stdout=subprocess.DEVNULL)
    return build
