"""Crop geometry: where something is in the image is where it is found again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sspnet_sdk import OptionError
from sspnet_sdk.geometry.crop import Crop, check_box, cut_out, whole_image
from sspnet_sdk.images.image import open_image


def blob(width, height, x, y, sigma):
    columns, rows = np.arange(width) + 0.5, np.arange(height) + 0.5
    across = np.exp(-((columns - x) ** 2) / (2 * sigma**2))
    return np.round(255 * np.exp(-((rows - y) ** 2) / (2 * sigma**2))[:, None] * across).astype(np.uint8)


def centroid(crop):
    weight = crop[:, :, 0].astype(float)
    at = (np.arange(len(crop)) + 0.5) / len(crop)
    return np.array([(weight.sum(0) * at).sum(), (weight.sum(1) * at).sum()]) / weight.sum()


@settings(max_examples=60, deadline=None)
@given(side=st.floats(40, 1400), x=st.floats(-0.2, 0.2), y=st.floats(-0.2, 0.2), size=st.sampled_from([64, 128, 192, 256]))
def test_a_blob_is_found_where_it_is_at_every_scale(side, x, y, size):
    centre = np.array([320.3, 210.7])
    image = open_image(blob(640, 420, *centre, sigma=max(side / 24, 3)))
    crop = Crop(centre[0] - side * (0.5 + x), centre[1] - side * (0.5 + y), side)
    out = np.empty((size, size, 3), np.uint8)
    cut_out(image, crop, out, border=0)
    inside = side * 0.3 > 3 * max(side / 24, 3)
    if inside:
        assert np.abs(crop.to_image(centroid(out)) - centre).max() < 0.03 * side / size + 0.02


def test_what_lies_outside_the_image_is_grey():
    image = open_image(np.full((50, 50, 3), 255, np.uint8))
    out = np.empty((100, 100, 3), np.uint8)
    cut_out(image, Crop(-50, -50, 100), out, border=128)
    assert (out[:48] == 128).all() and (out[:, :48] == 128).all() and (out[53:, 53:] == 255).all()
    cut_out(image, Crop(500, 500, 100), out, border=128)
    assert (out == 128).all()


def test_a_crop_much_smaller_than_its_region_does_not_alias():
    stripes = np.zeros((1024, 1024), np.uint8)
    stripes[:, ::2] = 255
    out = np.empty((64, 64, 3), np.uint8)
    cut_out(open_image(stripes), Crop(0, 0, 1024), out, border=0)
    assert np.abs(out[2:-2, 2:-2].astype(int) - 127).max() <= 2


def test_a_box_the_size_of_a_continent_is_harmless():
    out = np.empty((64, 64, 3), np.uint8)
    image = open_image(np.full((50, 50, 3), 255, np.uint8))
    cut_out(image, Crop.around(check_box((-9e6, -9e6, 9.9e6, 9.9e6), image), 1.25), out, border=128)
    assert (out == 128).mean() > 0.99


@pytest.mark.parametrize(
    "box",
    [
        "a box",
        b"box",
        "1234",
        (1, 2, 3),
        (1, 2, 3, 4, 5),
        (np.nan, 0, 10, 10),
        (0, 0, np.inf, 10),
        (0, 0, 0, 10),
        (0, 0, 10, -5),
        (0, 0, 1e30, 10),
        (100, 0, 20, 20),
        (0, 80, 20, 20),
        (-30, 0, 20, 20),
        (0, -20, 20, 20),
        [],
        {"x": 1},
        object(),
        ("a", "b", "c", "d"),
        [[1, 2], [3]],
        10**400,
    ],
)
def test_a_box_that_means_nothing_gives_one_line(box):
    image = open_image(np.zeros((80, 100, 3), np.uint8))
    with pytest.raises(OptionError, match="box") as caught:
        check_box(box, image)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.parametrize("box", [(-10, -10, 20, 20), (90, 70, 50, 50), [5, 5, 10, 10], np.array([[1, 2, 30, 40]])])
def test_boxes_may_reach_over_the_border_and_come_as_any_sequence(box):
    image = open_image(np.zeros((80, 100, 3), np.uint8))
    assert np.array_equal(check_box(box, image), np.asarray(box, np.float32).ravel())
    assert whole_image(image).tolist() == [0, 0, 100, 80]
