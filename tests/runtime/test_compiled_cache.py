"""Compiled graphs in the user's cache: several processes at once, damage, and what another version left."""

import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest

from sspnet_sdk import Estimator
from sspnet_sdk.backends.compiled_cache import CompiledCache

BOX = (60, 40, 200, 160)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "sspnet-sdk" / "openvino"


def test_what_is_kept_comes_back_and_what_is_damaged_does_not(tmp_path):
    graph = tmp_path / "graph.onnx"
    graph.write_bytes(b"graph")
    kept = CompiledCache(tmp_path, graph, {"threads": 1})
    assert kept.read() is None
    kept.write(b"compiled" * 100)
    assert kept.read() == b"compiled" * 100
    assert CompiledCache(tmp_path, graph, {"threads": 2}).read() is None
    (file,) = tmp_path.glob("*.compiled")
    content = file.read_bytes()
    for damaged in (content[:-1], content[:200] + b"\0\0" + content[202:], b"", b"x" * 10):
        file.write_bytes(damaged)
        assert kept.read() is None
    graph.write_bytes(b"another")
    file.write_bytes(content)
    assert CompiledCache(tmp_path, graph, {"threads": 1}).read() is None


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path):
    (tmp_path / "graph.onnx").write_bytes(b"graph")
    for folder in (None, tmp_path / "none"):
        CompiledCache(folder, tmp_path / "graph.onnx", {}).write(b"compiled")
        assert CompiledCache(folder, tmp_path / "graph.onnx", {}).read() is None


def test_poses_stay_right_when_a_compiled_graph_was_damaged(dot_bundle, dot_image, cache):
    pytest.importorskip("openvino")
    with Estimator(dot_bundle, backend="openvino") as estimator:
        expected = estimator.predict(dot_image(150, 110), BOX).keypoints
    files = sorted(cache.glob("*.compiled"))
    assert files
    for file in files:
        content = bytearray(file.read_bytes())
        content[len(content) // 3 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 3)
        file.write_bytes(content)
    assert np.array_equal(Estimator(dot_bundle, backend="openvino").predict(dot_image(150, 110), BOX).keypoints, expected)


def test_graphs_are_kept_while_none_is_opened(dot_bundle, dot_image, cache, monkeypatch):
    backend = pytest.importorskip("sspnet_sdk.backends.openvino")
    order, keep, open_one, together = [], CompiledCache.write, backend._fixed, threading.Barrier(3, timeout=20)

    def opened(path, dimensions):
        order.append("opens")
        together.wait()
        time.sleep(0.2 if path.name.startswith("stage_8") else 0)
        return open_one(path, dimensions)

    def kept(graph, content):
        keep(graph, content)
        if graph._path.parent == cache:  # else of an estimator that another test left open
            order.append("keeps")

    monkeypatch.setattr(backend, "_fixed", opened)
    monkeypatch.setattr(CompiledCache, "write", kept)
    with Estimator(dot_bundle, backend="openvino", cut=8) as estimator:
        estimator.predict(dot_image(150, 110), BOX)
    assert order == ["opens"] * 3 + ["keeps"] * 3 and len(list(cache.glob("*.compiled"))) == 3


def test_another_number_of_threads_reads_the_same_compiled_graphs(dot_bundle, dot_image, cache):
    pytest.importorskip("openvino")
    kept = []
    for threads in (1, 2):
        with Estimator(dot_bundle, backend="openvino", threads=threads) as estimator:
            estimator.predict(dot_image(150, 110), BOX)
        kept.append({file.name: file.stat().st_mtime_ns for file in cache.glob("*.compiled")})
    assert kept[0] and kept[0] == kept[1]


def test_processes_that_start_together_all_answer(dot_bundle, dot_image, cache, tmp_path):
    pytest.importorskip("openvino")
    cv2.imwrite(str(tmp_path / "dot.png"), dot_image(150, 110))
    code = (
        "import sys\nfrom sspnet_sdk import Estimator\n"
        f"print(Estimator(sys.argv[1], backend='openvino', threads=1).predict(sys.argv[2], {BOX}).keypoints[0].round(2))"
    )
    arguments = [sys.executable, "-c", code, str(dot_bundle), str(tmp_path / "dot.png")]
    running = [subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert {code for *_, code in answers} == {0}
    assert len({out for out, *_ in answers}) == 1
    assert not list(cache.glob("*.part"))
