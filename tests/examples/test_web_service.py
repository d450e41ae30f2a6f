"""The web service, as its clients see it."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest
from example_files import ROOT

GROUP = ROOT / "examples" / "photos" / "000000000790.jpg"


@pytest.fixture(scope="module")
def address(environment):
    """The service in a process of its own, at a free port."""
    command = [sys.executable, str(ROOT / "examples" / "web_service.py"), "--port", "0"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(30)


def post(address, body):
    """Status and answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body), timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_an_upload_is_answered_with_everybody(address):
    status, answer = post(address, GROUP.read_bytes())
    assert status == 200 and len(answer["people"]) >= 2
    first = answer["people"][0]
    assert len(first["keypoints"]) == len(first["joints3d"]) == len(first["names"]) and not first["unsure"]
    status, one = post(f"{address}?max_people=1", GROUP.read_bytes())
    assert status == 200 and [person["box"] for person in one["people"]] == [first["box"]]


def test_a_picture_without_anybody_has_no_people(address):
    wall = cv2.imencode(".png", np.full((480, 640, 3), 90, np.uint8))[1].tobytes()
    assert post(address, wall) == (200, {"people": []})


@pytest.mark.parametrize(
    ("query", "body", "words"),
    [("", b"no picture", "not an image"), ("", b"", "empty"), ("?max_people=-1", GROUP.read_bytes(), "max_people")],
)
def test_what_cannot_be_answered_is_said_in_one_line(address, query, body, words):
    status, answer = post(address + query, body)
    assert status == 400 and words in answer["error"]


def test_requests_at_the_same_time_all_get_their_answer(address):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(post(address, GROUP.read_bytes()))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [200] * 4
    assert len({len(answer["people"]) for _, answer in answers}) == 1


def test_a_browser_gets_a_form(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        assert b'type="file"' in answer.read()
