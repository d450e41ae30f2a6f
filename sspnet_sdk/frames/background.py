"""Run an iterator in a thread of its own, so that its work overlaps with what its consumer does."""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Generator, Iterator
from typing import Generic, TypeVar

from sspnet_sdk.errors import SSPNetError

T = TypeVar("T")

_POLL_S = 0.2  # waits end by themselves, so that Ctrl-C arrives on every system
_PATIENCE_S = 3.0  # a camera's driver may hang in a read; the thread is a daemon and is left to it


class _Handoff(Generic[T]):
    """A queue between two threads. With `latest` it holds one item, and a newer one takes its place."""

    def __init__(self, depth: int, latest: bool) -> None:
        self._items: deque[T] = deque()
        self._depth, self._latest = depth, latest
        self._changed = threading.Condition()
        self._ended = self._cancelled = False
        self._error: BaseException | None = None

    def put(self, item: T) -> bool:
        """Hand over an item. False when nobody wants more."""
        with self._changed:
            if self._latest:
                self._items.clear()
            while len(self._items) >= self._depth and not self._cancelled:
                self._changed.wait(_POLL_S)
            self._items.append(item)
            self._changed.notify_all()
            return not self._cancelled

    def end(self, error: BaseException | None) -> None:
        """There are no more items. `error` is raised on the other side after the items that wait."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def cancel(self) -> None:
        """The other side wants no more."""
        with self._changed:
            self._cancelled = True
            self._items.clear()
            self._changed.notify_all()

    def get(self) -> tuple[T] | None:
        """The next item, None at the end."""
        with self._changed:
            while not self._items and not self._ended:
                self._changed.wait(_POLL_S)
            if self._items:
                item = self._items.popleft()
                self._changed.notify_all()
                return (item,)
            if self._error is not None:
                raise self._error
            return None


def in_background(items: Iterator[T], depth: int = 2, latest: bool = False) -> Generator[T, None, None]:
    """The same items, made ahead in a thread; errors arrive in order.

    Closing this generator (or leaving a `for` over it early) stops the thread and closes `items`.

    Args:
        items: made in the new thread from now on.
        depth: how many may wait; the thread rests when as many do.
        latest: keep only the newest item and drop older ones, for sources that do not wait.

    Raises:
        SSPNetError: the system gives no more threads.
    """
    handoff: _Handoff[T] = _Handoff(1 if latest else depth, latest)
    thread = threading.Thread(target=_make, args=(items, handoff), name="sspnet-sdk", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise SSPNetError("frames cannot be read ahead: the system gives no more threads") from error
    _running[thread] = handoff
    try:
        while (item := handoff.get()) is not None:
            yield item[0]
    finally:
        _stop(thread, handoff)


def _stop(thread: threading.Thread, handoff: _Handoff) -> None:
    handoff.cancel()
    thread.join(_PATIENCE_S)
    _running.pop(thread, None)


_running: dict[threading.Thread, _Handoff] = {}


@atexit.register
def _stop_all() -> None:
    """Stop what still runs when a program ends: the interpreter must not cut off threads inside an engine."""
    for thread, handoff in list(_running.items()):
        _stop(thread, handoff)


def _make(items: Iterator[T], handoff: _Handoff[T]) -> None:
    error: BaseException | None = None
    try:
        for item in items:
            if not handoff.put(item):
                break
    except BaseException as raised:
        error = raised
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
        handoff.end(error)
