"""Frames of an estimator, and runs of whoever measures beside them: one at a time, in the order in which they came."""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

Turn = Callable[[], AbstractContextManager[None]]
"""What a run is measured within, so that it is not disturbed, nor disturbs."""


class Turns:
    """So a frame waits for one run at most, and frames without a pause between them let the runs through."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[object] = deque()

    @contextlib.contextmanager
    def turn(self, patience_s: float | None = None) -> Iterator[None]:
        """Within it, nobody else has a turn. Who is interrupted while they wait holds up nobody.

        Raises:
            TimeoutError: it did not come within `patience_s`.
        """
        mine = object()
        try:
            with self._changed:
                self._queue.append(mine)
                if not self._changed.wait_for(lambda: self._queue[0] is mine, patience_s):
                    raise TimeoutError
            yield
        finally:
            with self._changed:
                if mine in self._queue:
                    self._queue.remove(mine)
                self._changed.notify_all()
