"""The engines of one `Estimator`: each serves one call at a time, and a call waits until one is free."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import LifoQueue

from sspnet_sdk.errors import BackendError
from sspnet_sdk.inference.engine import Engine


class EnginePool:
    """Hands out engines, the last used first. So engines that are never needed are never opened."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        self._idle: LifoQueue[Engine | None] = LifoQueue()
        for engine in engines:
            self._idle.put(engine)
        self._left, self._stale, self._fresh = len(engines), set[Engine](), list[Engine]()
        self._all = list(engines)
        self._closing, self._renewing = threading.Lock(), threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """An engine of one's own for the length of a `with`.

        Raises:
            BackendError: the pool is closed, or was made before this process was forked.
        """
        if os.getpid() != self._process:
            raise BackendError(
                "this Estimator was made before the process forked, and its engine's threads do not exist here: make a new one"
            )
        engine = self._idle.get()
        if engine is None:
            self._idle.put(None)  # for the next who waits
            raise BackendError("this Estimator is closed: make a new one")
        engine = self._renewed(engine)
        try:
            yield engine
        finally:
            self._idle.put(engine)

    def renew(self, engines: Sequence[Engine]) -> None:
        """Put others in the place of all engines, each before its next call."""
        with self._renewing:
            for unused in self._fresh:
                unused.close()
            self._stale, self._fresh = set(self._all), list(engines)

    def _renewed(self, engine: Engine) -> Engine:
        with self._renewing:
            if engine not in self._stale or not self._fresh:
                return engine
            fresh = self._fresh.pop()
            self._stale.discard(engine)
            self._all[self._all.index(engine)] = fresh
        engine.close()
        return fresh

    def close(self) -> None:
        """Free all engines, each when its call has ended. In a forked child nothing happens: they are the parent's."""
        if os.getpid() != self._process:
            return
        with self._closing:
            while self._left:
                engine = self._idle.get()
                assert engine is not None
                engine.close()
                self._left -= 1
                if not self._left:
                    self._idle.put(None)
        self.renew([])
