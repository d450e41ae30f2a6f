"""Ids as recorded: a change of the tracker that gives other ids shows here."""

import json

from record_tracking_trace import TRACE, replay


def test_the_recorded_frames_get_the_recorded_ids():
    trace = json.loads(TRACE.read_text())
    assert replay(trace["frames"]) == trace["ids"]


def test_the_trace_holds_what_it_is_for():
    ids = json.loads(TRACE.read_text())["ids"]
    assert ids[12] == [1, 2] and ids[15] == [2] and ids[29] == [1, 2], "a crossing"
    assert ids[5] == [1, 2, 0] and all(3 not in frame for frame in ids[:68]), "a ghost gets no id"
    assert ids[63] == [1, 2], "found again after two seconds"
    assert ids[-1] == [1, 2, 3], "a stranger"
