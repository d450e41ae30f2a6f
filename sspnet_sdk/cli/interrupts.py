"""Ctrl-C, a service manager's stop, a terminal that closes, but never in the middle of a frame."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Interrupts:
    """In this `with`, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt; in `held`, only when that ends.

    Signals that this process was started to ignore (`nohup`, a shell's `trap ''`) stay ignored.
    """

    def __init__(self) -> None:
        self._held = self._pending = False
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interrupts:
        if threading.current_thread() is threading.main_thread():
            heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
            self._previous = {number: signal.signal(number, self._arrive) for number in heard}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """What is begun here is ended before an interrupt is heard."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._pending:
            self._pending = False
            raise KeyboardInterrupt

    def close(self) -> None:
        """From now on interrupts are not heard: everything is being ended anyway."""
        self._held = True

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        if not self._held:
            raise KeyboardInterrupt
        self._pending = True
