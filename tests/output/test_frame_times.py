"""When frames are to be seen, whatever their stamps say."""

import numpy as np
import pytest

from sspnet_sdk.frames.frame_times import Stamps, Timeline


@pytest.mark.parametrize(
    ("stamps", "times"),
    [
        ([5.0, 5.1, 5.2], [0, 0.1, 0.2]),
        ([-1.0, -0.9, -0.8], [0, 0.1, 0.2]),
        ([None, None, None], [0, 0.1, 0.2]),
        ([None, 7.0, 7.1, None, 7.3], [0, 0.1, 0.2, 0.3, 0.4]),
        ([0, 0.1, 0.1, 0.2], [0, 0.1, 0.101, 0.2]),
        ([0, 0.1, 0.5, 0, 0.1, 0.2], [0, 0.1, 0.5, 0.6, 0.7, 0.8]),
        ([100, 100.1, 0, 0.1, 50, 50.1], [0, 0.1, 0.2, 0.3, 50.2, 50.3]),
        ([0, 0.1, 30.0, 30.1], [0, 0.1, 30.0, 30.1]),
    ],
    ids=["late", "negative", "none", "some missing", "twice the same", "begins anew", "back, then a pause", "a pause"],
)
def test_times_ascend_from_zero(stamps, times):
    timeline = Timeline(10.0)
    assert np.allclose([timeline.place(stamp) for stamp in stamps], times)


def test_a_leap_is_a_pause_only_where_clocks_are_not_set_anew():
    stamps = [0, 0.1, 95_000.0, 95_000.1]
    for leaps, last in ((True, 0.3), (False, 95_000.1)):
        timeline = Timeline(10.0, leaps)
        assert [timeline.place(stamp) for stamp in stamps][-1] == pytest.approx(last)
    slow = Timeline(0.05, leaps=True)
    assert [slow.place(stamp) for stamp in (0, 20, 40)] == [0, 20, 40]


def test_of_two_stamps_the_one_in_order_counts():
    both = Stamps()
    assert [both.choose(seen, decoded) for seen, decoded in [(0, 0), (40, 40), (80, 80)]] == [0, 40, 80]
    wrong = Stamps()
    given = [(24, 48), (96, 72), (72, 96), (120, 120), (48, 144), (192, 168)]
    assert [wrong.choose(*pair) for pair in given] == [24, 96, 96, 120, 144, 168]
    guessed = Stamps(guessed=True)
    assert [guessed.choose(*pair) for pair in [*given, (168, None)]] == [48, 72, 96, 120, 144, 168, None]
    assert [Stamps().choose(None, 3), Stamps().choose(3, None), Stamps().choose(None, None)] == [3, 3, None]
