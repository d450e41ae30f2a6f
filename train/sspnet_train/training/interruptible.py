"""An interrupt as a question between steps, so that a run can save before it stops."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


class interruptible:
    """Turn SIGINT and SIGTERM into a flag that is looked at between steps. In a thread of the caller's they stay the caller's."""

    def __enter__(self) -> Callable[[], bool]:
        self._seen = False
        heard = (signal.SIGINT, signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()
        self._old = {number: signal.signal(number, self._note) for number in heard}
        return lambda: self._seen

    def _note(self, *_: object) -> None:
        self._seen = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
