"""People in single pictures. The next picture is read while the network looks at this one."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sspnet_sdk.errors import ImageError, SSPNetError
from sspnet_sdk.frame import Frame, Person
from sspnet_sdk.frames.background import in_background
from sspnet_sdk.given import given_path
from sspnet_sdk.images.image import open_image
from sspnet_sdk.options import check_people

if TYPE_CHECKING:
    from sspnet_sdk.estimator import Estimator
    from sspnet_sdk.pose import Pose

_READ_AHEAD = 2


def pictures(
    paths: Iterable[Path],
    estimator: Estimator,
    *,
    people: int | None = None,
    boxes: Sequence[Any] = (),
    camera: Any = None,
    keep_unsure: bool = False,
) -> Generator[Frame | tuple[Path, SSPNetError], None, None]:
    """A `Frame` for each picture, in order. A picture that cannot be used gives its path and the error instead.

    Args:
        paths: image files; their orientation (EXIF) is respected.
        estimator: runs the network.
        people: how many to look for at most in each; None for everybody.
        boxes: x, y, w, h of the people in every picture, in pixels; none finds them.
        camera: intrinsics of every picture, as `Estimator.predict` takes them.
        keep_unsure: where nobody is found with certainty, give the best guess, marked by `Pose.unsure`.
    """
    check_people(people)
    for index, (path, image) in enumerate(in_background(_read(paths), _READ_AHEAD)):
        try:
            if isinstance(image, SSPNetError):
                raise image
            poses = look(estimator, open_image(image, "bgr"), people, boxes, camera, keep_unsure)
        except SSPNetError as error:
            yield path, error
            continue
        yield Frame(image, str(path), index, None, tuple(Person(number, pose) for number, pose in enumerate(poses, start=1)))


def look(
    estimator: Estimator,
    image: Any,
    people: int | None = None,
    boxes: Sequence[Any] = (),
    camera: Any = None,
    keep_unsure: bool = False,
) -> list[Pose]:
    """Poses in one image: in `boxes`, or of up to `people` persons who are found, the most prominent first."""
    if len(boxes):
        return estimator.predict_many(image, boxes, camera=camera)
    poses = estimator.predict_all(image, people, camera=camera)
    return poses if poses or not keep_unsure else [estimator.predict(image, camera=camera)]


def read_picture(path: str | Path) -> NDArray[np.uint8]:
    """An image file as (H, W, 3) uint8 BGR.

    Raises:
        ImageError: names the file and what is wrong with it.
        OptionError: `path` is no path.
    """
    return open_image(given_path(path)).bgr()


def _read(paths: Iterable[Path]) -> Iterator[tuple[Path, NDArray[np.uint8] | ImageError]]:
    for path in paths:
        try:
            yield path, read_picture(path)
        except ImageError as error:
            yield path, error
