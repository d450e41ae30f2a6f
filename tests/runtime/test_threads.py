"""One estimator in several threads, several estimators, and a fork."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from sspnet_sdk import BackendError, Estimator

BOX = (60, 40, 200, 160)


def test_one_estimator_in_four_threads_gives_every_thread_its_own_answers(dot_bundle, dot_image, backend):
    estimator = Estimator(dot_bundle, backend=backend)
    places = [(100 + 15 * k, 70 + 10 * k) for k in range(4)]
    wrong = []

    def work(place):
        image = dot_image(*place)
        for _ in range(50):
            pose = estimator.predict(image, BOX)
            if np.abs(pose.keypoints[0] - place).max() > 0.2:
                wrong.append(pose.keypoints[0])

    threads = [threading.Thread(target=work, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_two_estimators_of_different_engines_live_in_one_process(dot_bundle, dot_image):
    estimators = [Estimator(dot_bundle, backend=name, cut=cut) for name, cut in (("onnxruntime", 2), ("openvino", 8))]
    for _ in range(3):
        for estimator, cut in zip(estimators, (2, 8), strict=True):
            assert estimator.predict(dot_image(150, 110), BOX).cut == cut


FORK = """
import multiprocessing, sys
import numpy as np
from sspnet_sdk import BackendError, Estimator
bundle, backend, before = sys.argv[1:]
image, box = np.zeros((240, 320, 3), np.uint8), (60, 40, 200, 160)
estimator = Estimator(bundle, backend=backend, threads=2) if before == "made" else None
if estimator: estimator.predict(image, box)

def work():
    global estimator
    if estimator:
        try:
            estimator.predict(image, box)
            sys.exit(1)
        except BackendError as error:
            if "fork" not in str(error): sys.exit(2)
    estimator = Estimator(bundle, backend=backend, threads=2)  # the old one is let go here
    sys.exit(0 if estimator.predict(image, box).cut == 8 else 3)

child = multiprocessing.get_context("fork").Process(target=work)
child.start()
child.join(30)
if estimator: estimator.predict(image, box)
sys.exit(child.exitcode if child.exitcode is not None else 4)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.parametrize("before", ["imported", "made"])
def test_after_a_fork_the_child_is_told_to_make_its_own_and_can(dot_bundle, backend, before):
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(dot_bundle), backend, before],
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert run.returncode == 0


def test_an_estimator_made_before_a_fork_says_so(dot_bundle, dot_image, monkeypatch):
    estimator = Estimator(dot_bundle, backend="onnxruntime")
    parent = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: parent + 1)
    with pytest.raises(BackendError, match="fork"):
        estimator.predict(dot_image(150, 110), BOX)
