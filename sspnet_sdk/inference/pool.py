"""The engines of one `Estimator`: each serves one call at a time, and a call waits until one is free."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from queue import SimpleQueue

from sspnet_sdk.errors import BackendError
from sspnet_sdk.inference.engine import Engine


class EnginePool:
    """Hands out engines, the last used first. So engines that are never needed are never opened."""

    def __init__(self, engines: Sequence[Engine]) -> None:
        # Told once for each that is idle. Python's own LifoQueue takes 20 µs where a network has driven it out of the caches.
        self._idle: list[Engine | None] = []
        self._told: SimpleQueue[None] = SimpleQueue()
        for engine in engines:
            self.give_back(engine)
        self._left, self._stale, self._fresh = len(engines), set[Engine](), list[Engine]()
        self._all = list(engines)
        self._closing, self._renewing = threading.Lock(), threading.Lock()
        self._process = os.getpid()

    def take(self) -> Engine:
        """An engine of one's own, until it is given back.

        Raises:
            BackendError: the pool is closed, or was made before this process was forked.
        """
        if os.getpid() != self._process:
            raise BackendError(
                "this Estimator was made before the process forked, and its engine's threads do not exist here: make a new one"
            )
        engine = self._waited_for()
        if engine is None:
            self.give_back(None)  # for the next who waits
            raise BackendError("this Estimator is closed: make a new one")
        return self._renewed(engine)

    def give_back(self, engine: Engine | None) -> None:
        """For the next who waits. None: there are no more."""
        self._idle.append(engine)
        self._told.put(None)

    def _waited_for(self) -> Engine | None:
        self._told.get()
        return self._idle.pop()

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
        try:
            engine.close()
        except BaseException:  # Ctrl-C: whoever asks next must not wait for ever
            self.give_back(fresh)
            raise
        return fresh

    def close(self) -> None:
        """Free all engines, each when its call has ended. In a forked child nothing happens: they are the parent's."""
        if os.getpid() != self._process:
            return
        with self._closing:
            while self._left:
                engine = self._waited_for()
                assert engine is not None
                self._left -= 1
                try:
                    engine.close()
                finally:
                    if not self._left:
                        self.give_back(None)
        self.renew([])
