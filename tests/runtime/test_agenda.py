"""Which networks a frame budget needs, and in which order they are had."""

import pytest

from sspnet_sdk.frame_rate.agenda import agenda
from sspnet_sdk.frame_rate.rate import OperatingPoint

CUTS = (2, 4, 8)
MS = {128: (3.0, 4.0, 9.0), 192: (5.0, 6.0, 18.0), 256: (7.0, 9.0, 24.0)}
ERRORS = {128: (86, 85, 84), 192: (67, 66, 65), 256: (64, 63, 62)}


def points(bf16=0.7, worse_mm=0.5):
    return [
        OperatingPoint(cut, size, precision, "openvino", share * ms, 1.2 * share * ms, error + more)
        for precision, share, more in (("fp32", 1.0, 0.0), ("bf16", bf16, worse_mm))
        for size in MS
        for cut, ms, error in zip(CUTS, MS[size], ERRORS[size], strict=True)
    ]


ALL = {(point.precision, point.input_size) for point in points()}


def test_the_most_accurate_network_within_the_budget_comes_first_and_other_precisions_last():
    found = agenda(points(), set(), 20.0, "bf16")
    assert list(found)[:3] == [("bf16", 256), ("bf16", 192), ("bf16", 128)]
    assert set(found) == ALL and list(found)[3] == ("fp32", 256)


@pytest.mark.parametrize("budget_ms, first", [(100.0, 256), (7.1, 256), (6.5, 192), (4.5, 128)])
def test_what_is_only_estimated_gets_a_part_of_the_budget(budget_ms, first):
    assert next(iter(agenda(points(), set(), budget_ms, "bf16"))) == ("bf16", first)


def test_what_surely_takes_longer_than_the_budget_is_left_out_and_the_fastest_never():
    assert agenda(points(), set(), 2.9, "bf16") == {("bf16", 128): 4, ("bf16", 192): 2, ("fp32", 128): 2}
    assert agenda(points(), set(), 0.1, "bf16") == {("bf16", 128): 2}


def test_what_is_surely_beaten_by_something_measured_is_not_measured():
    own = {("bf16", size) for size in MS}
    found = agenda(points(worse_mm=0.0), own, 100.0, "bf16")  # fp32 takes longer and is no better
    assert set(found) == own
    better = agenda(points(worse_mm=0.5), own, 100.0, "bf16")
    assert ("fp32", 256) in better  # half a millimetre better than anything


def test_once_all_is_measured_only_the_front_within_the_budget_counts_each_up_to_its_deepest_cut():
    found = agenda(points(worse_mm=3.0), ALL, 10.0, "bf16")
    assert next(iter(found)) == ("fp32", 256) and found["fp32", 256] == 4  # cut 8 takes 24 ms
    assert found["bf16", 256] == 2  # fp32 at 256 px is as fast as its next cut, and better
    assert agenda(points(worse_mm=0.0), ALL, 10.0, "bf16") == {("bf16", 256): 4, ("bf16", 192): 4, ("bf16", 128): 4}
