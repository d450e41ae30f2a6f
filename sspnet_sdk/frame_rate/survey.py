"""Measuring a device while it is in use already: in a thread of its own, which takes turns with the frames."""

from __future__ import annotations

import atexit
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.frame_rate.turns import Turns

logger = logging.getLogger("sspnet_sdk")

_FRAMES_BEFORE = 2  # a survey begins
_PATIENCE_S = 30.0  # a driver may hang in a run
_NOT_MEASURED = "this device could not be measured: %s"
_ALONE = contextlib.nullcontext()


class Survey:
    """Runs some work in the background until it ends, `stop` is called or the process exits.

    Args:
        work: is given this survey; calls `turn` around whatever must not be disturbed by frames, nor disturb them.

    Raises:
        SSPNetError: the system gives no more threads.
    """

    def __init__(self, work: Callable[[Survey], None]) -> None:
        self._work, self._turns, self._stopped = work, Turns(), threading.Event()
        self._is_given_up = False
        self._thread = threading.Thread(target=self._run, name="sspnet-survey", daemon=True)
        atexit.register(self.stop)
        try:
            self._thread.start()
        except RuntimeError as error:
            atexit.unregister(self.stop)
            raise SSPNetError("the system gives no more threads") from error

    @property
    def running(self) -> bool:
        """Whether the work still goes on."""
        return self._thread.is_alive() and not self._is_given_up

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """For the surveyor: no frame runs meanwhile. Leaves the work where it was told to stop."""
        with self._turns.turn():
            self.go_on()
            yield

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """For a frame: nothing is measured meanwhile. Work that does not let it through is given up."""
        with contextlib.ExitStack() as stack:
            if self.running:
                try:
                    stack.enter_context(self._turns.turn(_PATIENCE_S))
                except TimeoutError:
                    self._give_up()
            yield

    def _give_up(self) -> None:
        self._stopped.set()
        if self.running:
            self._is_given_up = True
            logger.warning(_NOT_MEASURED, f"a run did not end within {_PATIENCE_S:g} s")

    def go_on(self) -> None:
        """Leaves the work where it was told to stop."""
        if self._stopped.is_set():
            raise _StoppedError

    def stop(self) -> None:
        """End the work at its next step, and wait for that."""
        self._stopped.set()
        self.wait()

    def wait(self) -> None:
        """Until the work has ended. Nobody waits for what was given up."""
        if self.running and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work(self)
        except _StoppedError:
            pass
        except SSPNetError as error:
            logger.warning(_NOT_MEASURED, error)
        finally:
            atexit.unregister(self.stop)


class Surveyor:
    """Begins a `Survey` when one is due, one at a time. A survey that failed is not repeated until somebody asks for it.

    Args:
        work: what each survey runs.
        due: whether there is something to find out from the start.
    """

    def __init__(self, work: Callable[[Survey], None], due: bool) -> None:
        self._work, self._due = work, due
        self._survey: Survey | None = None
        self._frames, self._lock = 0, threading.Lock()

    @property
    def running(self) -> bool:
        """Whether a survey goes on."""
        return self._survey is not None and self._survey.running

    def ask(self) -> None:
        """There is something to find out. It waits for the end of a survey that goes on."""
        self._due = True

    def frame_done(self) -> None:
        """Begin after the second frame: the first would wait for it, and a program that wants one pose at its end."""
        self._frames += 1
        if self._due and self._frames >= _FRAMES_BEFORE:
            self.begin()

    def begin(self) -> None:
        """Begin now, if there is something to find out and no survey goes on."""
        with self._lock:
            if not self._due or self.running:
                return
            self._due = False
            try:
                self._survey = Survey(self._work)
            except SSPNetError as error:
                logger.warning(_NOT_MEASURED, error)

    def frame(self) -> AbstractContextManager[None]:
        """For a frame: nothing is measured meanwhile."""
        return _ALONE if self._survey is None else self._survey.frame()

    def wait(self) -> None:
        """Until no survey goes on."""
        while (survey := self._survey) is not None and survey.running:
            survey.wait()

    def stop(self) -> None:
        """End the survey at its next step, wait for that, and begin no other."""
        with self._lock:
            self._due = False
        if self._survey is not None:
            self._survey.stop()


class _StoppedError(Exception):
    pass
