"""Work that is begun before its result is needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Ahead(Generic[Result]):
    """Runs `work` in a thread of its own, at once; in this thread where the system gives no more."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sspnet-ahead")
        try:
            self._thread.start()
        except RuntimeError:  # a limit on threads, or on memory
            self._run()

    def result(self) -> Result:
        """What `work` gave, as soon as it has. Raises what it raised."""
        if self._thread.is_alive():
            self._thread.join()
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work()
        except BaseException as error:  # is raised where the result is asked for
            self._error = error
