"""Measuring a device while it is in use already: in a thread of its own, which takes turns with the frames."""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

from sspnet_sdk.errors import SSPNetError

logger = logging.getLogger("sspnet_sdk")


class Survey:
    """Runs some work in the background until it ends, `stop` is called or the process exits.

    Args:
        work: is given this survey; calls `turn` around whatever must not be disturbed by frames, nor disturb them.
    """

    def __init__(self, work: Callable[[Survey], None]) -> None:
        self._work, self._turn, self._stopped = work, threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sspnet-survey", daemon=True)
        atexit.register(self.stop)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the work still goes on."""
        return self._thread.is_alive()

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """For the surveyor: no frame runs meanwhile. Leaves the work where it was told to stop."""
        self.go_on()
        with self._turn:
            yield

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """For a frame: nothing is measured meanwhile."""
        with self._turn if self.running else contextlib.nullcontext():
            yield

    def go_on(self) -> None:
        """Leaves the work where it was told to stop."""
        if self._stopped.is_set():
            raise _StoppedError

    def stop(self) -> None:
        """End the work at its next step, and wait for that."""
        self._stopped.set()
        self.wait()

    def wait(self) -> None:
        """Until the work has ended."""
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work(self)
        except _StoppedError:
            pass
        except SSPNetError as error:
            logger.warning("this device could not be measured: %s", error)
        finally:
            atexit.unregister(self.stop)


class _StoppedError(Exception):
    pass
