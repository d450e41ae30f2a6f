"""A crop of a large picture is what it would be of the whole picture shrunk, made from the part that is seen."""

import cv2
import numpy as np
import pytest
from sspnet_train.data.crop import BORDER, _part_seen, view_matrix, warp


def warp_of_the_whole(image, view, size, border):
    factor = 2 * float(np.sqrt(abs(np.linalg.det(view[:, :2]))))
    shrunk = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    shifted = view.copy()
    shifted[:, :2] /= factor
    shifted[:, 2] += 0.5 * shifted[:, 0] + 0.5 * shifted[:, 1] - 0.5
    return cv2.warpAffine(shrunk, shifted, (size, size), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=(BORDER,) * 3)


@pytest.fixture(scope="module")
def picture():
    """1200 x 900 with soft and sharp detail."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.integers(0, 256, (30, 40, 3), dtype=np.uint8), (1200, 900), interpolation=cv2.INTER_CUBIC)
    for _ in range(60):
        (x, y), colour = rng.integers(0, 900, 2), tuple(map(int, rng.integers(0, 256, 3)))
        cv2.line(coarse, (int(x), int(y)), (int(y) + 200, int(x)), colour, 5)
    return coarse


@pytest.mark.parametrize("border", [cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE])
@pytest.mark.parametrize(
    ("centre", "side", "angle", "mirror"),
    [
        *[((600, 450), 700.0, 0.0, False), ((611.3, 437.9), 533.7, 17.0, True), ((40, 60), 611.0, -30.0, False)],
        *[((1190, 880), 900.0, 45.0, False), ((600, 450), 3000.0, 0.0, False), ((1500, 1300), 400.0, 0.0, True)],
    ],
)
def test_the_same_pixels_to_within_rounding(picture, centre, side, angle, mirror, border):
    view = view_matrix(np.array(centre, float), side, 192, angle, mirror)
    found = warp(picture, view, 192, border).astype(int)
    difference = np.abs(found - warp_of_the_whole(picture, view, 192, border))
    assert difference.mean() < 0.2 and np.quantile(difference, 0.999) <= 3


def test_only_what_is_seen_is_shrunk(picture):
    part, corner = _part_seen(picture, view_matrix(np.array([600.0, 450.0]), 400, 128), 128, 0.64)
    assert max(part.shape[:2]) <= 400 + 2 * 5 + 64 + 1
    assert (corner <= [400, 250]).all()


@pytest.mark.parametrize("shape", [(900, 1200, 3), (2, 1200, 3)])
def test_a_square_far_larger_than_its_picture_is_almost_all_grey(shape):
    far = warp(np.zeros(shape, np.uint8), view_matrix(np.array([600.0, 450.0]), 1e6, 128), 128)
    assert far.shape == (128, 128, 3) and np.median(far) == BORDER
