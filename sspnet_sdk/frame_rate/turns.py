"""Frames of an estimator, and runs of whoever measures beside them: one at a time, in the order in which they came."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

Turn = Callable[[], AbstractContextManager[None]]
"""What a run is measured within, so that it is not disturbed, nor disturbs."""


class Turns:
    """So a frame waits for one run at most, and frames without a pause between them let the runs through."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._last = self._current = 0

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Within it, nobody else has a turn."""
        with self._changed:
            mine, self._last = self._last, self._last + 1
            self._changed.wait_for(lambda: self._current == mine)
        try:
            yield
        finally:
            with self._changed:
                self._current += 1
                self._changed.notify_all()
