"""An interrupt as a question between steps, so that a run can save before it stops."""

from __future__ import annotations

import signal
from collections.abc import Callable


class interruptible:
    """Turn SIGINT and SIGTERM into a flag that is looked at between steps."""

    def __enter__(self) -> Callable[[], bool]:
        self._seen = False
        self._old = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return lambda: self._seen

    def _note(self, *_: object) -> None:
        self._seen = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
