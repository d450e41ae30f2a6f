"""The device is measured while it is in use already: a first pose at once, the measured choice from some later frame on."""

import signal
import threading
import time

import pytest

from sspnet_sdk import BackendError, Estimator
from sspnet_sdk.bundle import open_bundle
from sspnet_sdk.frame_rate.plan import Plan
from sspnet_sdk.frame_rate.survey import Survey, Surveyor
from sspnet_sdk.options import Options

BOX = (60, 40, 200, 160)


@pytest.fixture(autouse=True)
def fresh_machine(tmp_path, monkeypatch):
    """Nothing is kept of this device; two threads are the most."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sspnet_sdk.frame_rate.plan.default_threads", lambda: 2)


def test_nothing_is_measured_before_the_first_pose_but_one_quick_look(dot_bundle, dot_image, monkeypatch, measured):
    timed = []

    def noted(chain, *_):
        timed.append(chain.size)
        return made(chain.size)

    monkeypatch.setattr("sspnet_sdk.frame_rate.profile._measure", noted)
    estimator = Estimator(dot_bundle, target_fps=5, backend="onnxruntime")
    assert timed == [] and len(estimator._plan.networks) == 1
    assert estimator.predict(dot_image(150, 110), BOX).keypoints[0] == pytest.approx((150, 110), abs=0.2)
    measured(estimator)
    assert set(timed) == {64, 128} and len(estimator._plan.networks) == 2
    assert estimator.predict(dot_image(150, 110), BOX).keypoints[0] == pytest.approx((150, 110), abs=0.2)


def made(size):
    times = [size * ms for ms in (0.01, 0.012, 0.015)]
    return {"p50_ms": times, "p95_ms": times}


def test_what_was_measured_is_kept_for_the_next_start_which_opens_one_network_at_first(dot_bundle, measured, monkeypatch):
    monkeypatch.setattr("sspnet_sdk.frame_rate.profile._measure", lambda chain, *_: made(chain.size))
    options = Options(target_fps=5, backend="onnxruntime")
    first = measured(Plan(open_bundle(dot_bundle), options))
    monkeypatch.setattr("sspnet_sdk.frame_rate.profile._measure", lambda *_: pytest.fail("measured again"))
    again = Plan(open_bundle(dot_bundle), options)
    assert again.networks == {("fp32", 128): 8} and again.threads == first.threads
    assert measured(again).networks == first.networks == {("fp32", 128): 8, ("fp32", 64): 8}


def test_the_faster_engine_takes_over_between_two_frames(dot_bundle, dot_image, measured, monkeypatch, caplog):
    pytest.importorskip("openvino")

    def compared(candidates, turn=None, opened=None, deepest=None):
        times = {candidate: 1.0 if candidate[1].backend == "openvino" else 2.0 for candidate in candidates}
        for (profile, setting), ms in times.items():
            profile.keep_look(setting, ms)
        return times

    for place in ("looks", "engine_choice", "plan"):
        monkeypatch.setattr(f"sspnet_sdk.frame_rate.{place}.compare", compared)
    with caplog.at_level("INFO", "sspnet_sdk"):
        estimator = Estimator(dot_bundle, device="cpu", workers=2)
        before, old = estimator.backend, set(estimator._pool._all)
        poses = [estimator.predict(dot_image(150, 110), BOX)]
        measured(estimator)
        poses += [estimator.predict(dot_image(150, 110), BOX) for _ in range(3)]
    assert (before, estimator.backend) == ("onnxruntime", "openvino")
    assert "onnxruntime until this device is measured" in caplog.text and "from now on: openvino" in caplog.text
    assert not estimator.is_being_measured
    assert all(pose.keypoints[0] == pytest.approx((150, 110), abs=0.2) for pose in poses)
    assert set(estimator._pool._all) != old
    estimator.close()
    with pytest.raises(BackendError, match="closed"):
        estimator.predict(dot_image(150, 110), BOX)


def test_a_deadline_of_one_frame_begins_it_too(dot_bundle, dot_image, measured):
    estimator = Estimator(dot_bundle, backend="onnxruntime", threads=1)
    assert not estimator._plan._surveyor.running and not estimator._plan.networks
    estimator.predict(dot_image(150, 110), BOX, deadline_ms=500)
    assert len(measured(estimator)._plan.networks) == 2


def test_closing_ends_it_at_its_next_step(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, target_fps=5, backend="onnxruntime")
    estimator.predict(dot_image(150, 110), BOX)
    assert not estimator._plan._surveyor.running  # a program that wants one pose is not kept at its end
    estimator.predict(dot_image(150, 110), BOX)
    estimator.close()
    assert not estimator._plan._surveyor.running


def test_a_frame_and_a_measurement_take_turns():
    inside, order = threading.Event(), []

    def work(survey):
        with survey.turn():
            inside.set()
            time.sleep(0.1)
            order.append("measured")

    survey = Survey(work)
    inside.wait()
    with survey.frame():
        order.append("frame")
    survey.wait()
    assert order == ["measured", "frame"] and not survey.running


def test_a_frame_waits_for_one_run_at_most():
    begun, may_end, runs = threading.Event(), threading.Event(), []

    def work(survey):
        with survey.turn():
            begun.set()
            may_end.wait()
        while True:
            with survey.turn():
                runs.append(None)

    survey = Survey(work)
    begun.wait()
    waiting = threading.Timer(0.05, may_end.set)
    waiting.start()
    with survey.frame():
        assert len(runs) <= 1
    survey.stop()


def begun_survey():
    """A survey in its first run, which goes on until it may end, and what it does after that."""
    begun, may_end, later = threading.Event(), threading.Event(), []

    def work(survey):
        with survey.turn():
            begun.set()
            may_end.wait()
        with survey.turn():
            later.append("a second run")

    survey = Survey(work)
    begun.wait()
    return survey, may_end, later


def test_a_frame_that_is_interrupted_while_it_waits_holds_up_nobody():
    survey, may_end, later = begun_survey()
    heard_before = signal.signal(signal.SIGINT, signal.default_int_handler)  # what is started in the background hears none
    interrupt = threading.Timer(0.1, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGINT))
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupt.start()
            with survey.frame():
                pytest.fail("this frame never began")
    finally:
        signal.signal(signal.SIGINT, heard_before)
    may_end.set()
    survey._thread.join(10)
    assert not survey.running and later == ["a second run"]


def test_frames_go_on_without_a_run_that_hangs(monkeypatch, caplog):
    monkeypatch.setattr("sspnet_sdk.frame_rate.survey._PATIENCE_S", 0.2)
    survey, may_end, later = begun_survey()
    with survey.frame(), survey.frame():
        assert not survey.running
    survey.stop()
    assert caplog.messages == ["this device could not be measured: a run did not end within 0.2 s"]
    may_end.set()
    survey._thread.join(10)
    assert not survey._thread.is_alive() and later == []


def test_one_survey_goes_on_at_a_time_and_another_begins_when_it_is_asked_for_meanwhile():
    go_on, begun = threading.Event(), []

    def work(survey):
        begun.append(survey)
        go_on.wait(5)

    surveyor = Surveyor(work, due=True)
    surveyor.frame_done()
    assert not surveyor.running  # the first frame's program may want one pose only
    surveyor.frame_done()
    surveyor.ask()
    surveyor.frame_done()
    assert surveyor.running and len(begun) == 1
    go_on.set()
    surveyor.wait()
    surveyor.frame_done()
    surveyor.wait()
    surveyor.frame_done()
    assert len(begun) == 2 and not surveyor.running


def test_a_surveyor_that_was_stopped_begins_nothing():
    surveyor = Surveyor(lambda survey: pytest.fail("a survey began"), due=True)
    surveyor.stop()
    surveyor.begin()
    assert not surveyor.running


def test_what_cannot_be_measured_is_said_and_frames_go_on(dot_bundle, dot_image, measured, monkeypatch, caplog):
    def broken(*_):
        raise BackendError("the driver is gone")

    monkeypatch.setattr("sspnet_sdk.frame_rate.profile._measure", broken)
    estimator = Estimator(dot_bundle, target_fps=5, backend="onnxruntime")
    for _ in range(2):
        estimator.predict(dot_image(150, 110), BOX)
        measured(estimator)
    assert caplog.text.count("the driver is gone") == 1  # and is not tried again at every frame
    assert estimator.predict(dot_image(150, 110), BOX).keypoints[0] == pytest.approx((150, 110), abs=0.2)
