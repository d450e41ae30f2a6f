"""Chains for several crops in one run, of an engine that compiles graphs for a fixed number: opened where it is common."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from functools import partial

from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.inference.ahead import Ahead
from sspnet_sdk.inference.stages import StageChain

logger = logging.getLogger("sspnet_sdk")

_COMMON = 400  # crops that came in such groups: alone they took as much longer as it takes to compile (benchmarks/batch.py)
Key = tuple[str, int, int]
"""Precision, size in pixels, crops."""


class Together:
    """Answers at once whether a chain is there. It is opened in a thread of its own meanwhile.

    Args:
        open_chain: gives the chain of a key, with nothing opened.
    """

    def __init__(self, open_chain: Callable[[Key], StageChain]) -> None:
        self._open_chain = open_chain
        self._came: Counter[Key] = Counter()
        self._cuts: dict[Key, int] = {}
        self._opened: dict[Key, StageChain] = {}
        self._opening: Ahead[None] | None = None
        self._is_opening = False

    def ask(self, key: Key, cut: int) -> None:
        """A group of so many crops has come. `cut`: the deepest that is to be expected."""
        self._came[key] += key[2]
        if self._came[key] >= _COMMON and cut > self._cuts.get(key, 0) and not self._is_opening:
            self._cuts[key], self._is_opening = cut, True
            chain = self._opened.pop(key, None) or self._open_chain(key)
            self._opening = Ahead(partial(self._open, chain, key, cut))

    def chain(self, key: Key, cut: int) -> StageChain | None:
        """The chain, if it is opened up to `cut` and has run."""
        return self._opened.get(key) if cut <= self._cuts.get(key, 0) else None

    def wait(self) -> None:
        """Until nothing is being opened."""
        if self._opening is not None:
            self._opening.result()

    def close(self) -> None:
        """Free all chains."""
        self.wait()
        for chain in self._opened.values():
            chain.close()
        self._opened, self._cuts, self._opening = {}, {}, None

    def _open(self, chain: StageChain, key: Key, cut: int) -> None:
        try:
            chain.warm_up(cut)
            self._opened[key] = chain
        except SSPNetError as error:  # one by one it works
            logger.warning("crops run one by one: %s", error)
            with contextlib.suppress(SSPNetError):
                chain.close()
        finally:
            self._is_opening = False
