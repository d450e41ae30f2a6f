"""Networks are opened side by side, before they are needed."""

import threading

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, SSPNetError
from sspnet_sdk.backends import load
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.inference.ahead import Ahead
from sspnet_sdk.inference.stages import StageChain


def test_what_work_gives_and_raises_arrives_where_it_is_asked_for():
    assert Ahead(lambda: threading.current_thread().name).result() == "sspnet-ahead"

    def failing():
        raise BackendError("no such driver")

    with pytest.raises(BackendError, match="no such driver"):
        Ahead(failing).result()


@pytest.fixture
def no_threads(monkeypatch):
    """The system gives no more threads."""

    def refuse(_thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)


def test_without_threads_work_is_done_when_it_is_begun(no_threads):
    done = []
    ahead = Ahead(lambda: done.append(threading.current_thread().name))
    assert done == ["MainThread"] and ahead.result() is None


def test_without_threads_poses_come_and_the_device_is_not_measured(no_threads, dot_bundle, dot_image, caplog):
    with Estimator(dot_bundle, backend="onnxruntime", target_fps=5) as estimator:
        for _ in range(4):
            assert not estimator.predict(dot_image(150, 110), (60, 40, 200, 160)).unsure
        assert not estimator.is_being_measured
        with pytest.raises(SSPNetError, match="the system gives no more threads"):
            list(estimator.stream([dot_image(150, 110)]))
    assert [record.getMessage() for record in caplog.records] == [
        "this device could not be measured: the system gives no more threads"
    ]


class Meeting:
    """An engine that opens a graph only while another one is being opened."""

    def __init__(self, engine):
        self._engine, self._barrier, self.opened = engine, threading.Barrier(2, timeout=20), []

    def __getattr__(self, name):
        return getattr(self._engine, name)

    def open(self, path, *arguments):
        self._barrier.wait()
        self.opened.append(path.name)
        return self._engine.open(path, *arguments)


def test_stages_open_at_the_same_time_and_each_once(dot_bundle):
    bundle = open_bundle(dot_bundle)
    backend = Meeting(load("onnxruntime"))
    chain = StageChain(bundle, backend, "fp32", 64, 1)
    chain.open_ahead(4)
    chain.open_ahead(4)
    answer = chain.run(np.full((1, 64, 64, 3), 128, np.uint8), 4)
    assert answer.cut == 4 and len(backend.opened) == len(set(backend.opened)) == 2
    chain.close()


def test_a_stage_that_does_not_open_is_said_at_each_run_that_needs_it(dot_bundle):
    class Broken:
        def open(self, path, *_):
            raise BackendError(f"cannot open {path.name}")

    chain = StageChain(open_bundle(dot_bundle), Broken(), "fp32", 64, 1)
    chain.open_ahead(8)
    for _ in range(2):
        with pytest.raises(BackendError, match="cannot open stage_2"):
            chain.run(np.full((1, 64, 64, 3), 128, np.uint8), 8)
    chain.close()


def test_an_estimator_that_is_closed_at_once_waits_for_what_it_began(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    with pytest.raises(Exception, match="lies outside"):
        estimator.predict(dot_image(150, 110), (1000, 1000, 5, 5))
    estimator.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "sspnet-ahead"]
