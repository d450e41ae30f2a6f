"""Several calls at once, closing, and the way into another process."""

import multiprocessing
import pickle
import sys
import threading
import time

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator, OptionError
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.pool import EnginePool

BOX = (60, 40, 200, 160)


def at_once(estimator, image, calls):
    """The most calls that were inside the network together."""
    inside, most, lock = 0, 0, threading.Lock()
    run = Engine.poses_in

    def counted(*arguments):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.05)
        try:
            return run(*arguments)
        finally:
            with lock:
                inside -= 1

    Engine.poses_in = counted
    try:
        threads = [threading.Thread(target=estimator.predict, args=(image, BOX)) for _ in range(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        Engine.poses_in = run
    return most


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_as_many_calls_run_at_once_as_there_are_workers(dot_bundle, dot_image, workers):
    estimator = Estimator(dot_bundle, backend="onnxruntime", threads=1, workers=workers)
    assert at_once(estimator, dot_image(150, 110), 6) == workers


def test_every_worker_gives_the_same_answer(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend, threads=1, workers=3)
    poses, output = [], sys.stdout
    threads = [threading.Thread(target=lambda: poses.append(estimator.predict(dot_image(150, 110), BOX))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(poses) == 12 and sys.stdout is output
    assert all(np.allclose(pose.keypoints[0], (150, 110), atol=0.2) for pose in poses)


@pytest.mark.parametrize("workers", [0, -1, 1.5, True, "2", 65])
def test_workers_must_be_a_whole_number(dot_bundle, workers):
    with pytest.raises(OptionError, match="workers"):
        Estimator(dot_bundle, workers=workers)


def test_a_closed_estimator_says_so_and_closing_twice_is_fine(dot_bundle, dot_image, backend):
    with Estimator(dot_bundle, backend=backend, workers=2) as estimator:
        estimator.predict(dot_image(150, 110))
        estimator.predict_many(dot_image(150, 110), [BOX])
    estimator.close()
    for call in (estimator.predict, estimator.predict_all, estimator.find):
        with pytest.raises(BackendError, match="closed"):
            call(dot_image(150, 110))


def test_closing_waits_for_calls_and_lets_those_that_wait_go(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime", threads=1)
    ends = []

    def work():
        try:
            estimator.predict(dot_image(150, 110), BOX)
            ends.append("answered")
        except BackendError as error:
            ends.append(str(error))

    run, begun = Engine.poses_in, threading.Event()

    def slow(*arguments):
        begun.set()
        time.sleep(0.2)
        return run(*arguments)

    Engine.poses_in = slow
    try:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert begun.wait(10)
        estimator.close()
        for thread in threads:
            thread.join(10)
    finally:
        Engine.poses_in = run
    assert len(ends) == 4 and "answered" in ends
    assert all(end == "answered" or "closed" in end for end in ends)


class Interrupted:
    """An engine whose `close` is interrupted, once."""

    def __init__(self):
        self.closed = 0

    def close(self):
        self.closed += 1
        if self.closed == 1:
            raise KeyboardInterrupt


def taken(pool):
    """What a call gets within a second."""
    got = []

    def take():
        try:
            got.append(pool.take())
        except BackendError as error:
            got.append(str(error))

    asking = threading.Thread(target=take, daemon=True)
    asking.start()
    asking.join(1)
    return got[0]


def test_after_an_interrupt_while_networks_change_the_next_call_has_the_new_ones():
    pool, fresh = EnginePool([Interrupted()]), object()
    pool.renew([fresh])
    with pytest.raises(KeyboardInterrupt):
        pool.take()
    assert taken(pool) is fresh


@pytest.mark.parametrize("workers", [1, 2])
def test_after_an_interrupt_while_it_closes_a_pool_can_be_closed(workers):
    engines = [Interrupted() for _ in range(workers)]
    pool = EnginePool(engines)
    for _ in range(workers):
        with pytest.raises(KeyboardInterrupt):
            pool.close()
    assert "closed" in taken(pool)
    pool.close()
    assert [engine.closed for engine in engines] == [1] * workers


def test_a_pickled_estimator_is_opened_anew_with_its_options(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend, cut=4, input_size=64, color="rgb")
    image = dot_image(150, 110)[:, :, ::-1]
    again = pickle.loads(pickle.dumps(estimator))
    pose = again.predict(image, BOX)
    assert (pose.cut, pose.input_size, again.color, again.backend) == (4, 64, "rgb", backend)
    assert np.allclose(pose.keypoints, estimator.predict(image, BOX).keypoints, atol=1e-3)


def _first_joint(estimator, image):
    return estimator.predict(image, BOX).keypoints[0].tolist()


def test_an_estimator_goes_to_another_process_as_an_argument(dot_bundle, dot_image):
    estimator = Estimator(dot_bundle, backend="onnxruntime", threads=1)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_first_joint, (estimator, dot_image(150, 110))) == pytest.approx((150, 110), abs=0.2)
