"""A network's answers are checked here, once, where they leave the engine: nothing behind has to expect nonsense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sspnet_sdk.backends.protocol import Session, is_answer
from sspnet_sdk.errors import BackendError, BundleError

# The largest magnitude that an answer may have: crop sides for what lies in the crop, millimetres.
_LIMITS = (("pose_", 100.0), ("joints3d", 1e6), ("root_z", 1e9), ("root_features", 1e9))
_LIMIT = 1e4


class CheckedSession:
    """A session whose answers are finite numbers of a size that means something.

    Args:
        session: of the graph.
        path: of the graph, for messages.
        outputs: what the bundle says that it gives.
    """

    def __init__(self, session: Session, path: Path, outputs: Iterable[str]) -> None:
        self._session, self._name = session, path.name
        self._outputs = tuple((name, _limit(name) if is_answer(name) else None) for name in outputs)

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """As `Session.run`.

        Raises:
            BackendError: the engine failed, or an answer is no float32, not finite, or too large to mean anything.
            BundleError: the graph lacks an output.
        """
        answers = self._session.run(inputs)
        for name, limit in self._outputs:
            if name not in answers:
                raise BundleError(f"the graph {self._name} gives no {name}: it gives {', '.join(answers)[:200]}")
            if limit is not None:
                self._check(name, answers[name], limit)
        return answers

    def close(self) -> None:
        """Free the engine's memory."""
        self._session.close()

    def _check(self, name: str, values: Any, limit: float) -> None:
        kind = getattr(values, "dtype", type(values).__name__)
        if kind != np.float32:
            raise BackendError(f"the graph {self._name} gives {name} as {kind}, not as float32")
        largest = np.maximum.reduce(np.abs(values), axis=None, initial=0)
        if not largest <= limit:
            what = f"a value of {largest:.3g}" if np.isfinite(largest) else "values that are not finite"
            raise BackendError(f"the graph {self._name} gave {what} in {name}, which is no answer")


def _limit(output: str) -> float:
    return next((most for start, most in _LIMITS if output.startswith(start)), _LIMIT)
