"""Which engine runs here, and with how many threads: by a quick look at each, the first stage at the largest size."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.errors import BackendError
from sspnet_sdk.frame_rate.looks import Opened, choose_backend, choose_threads, compare
from sspnet_sdk.frame_rate.profile import Profile, Setting, settings_of
from sspnet_sdk.frame_rate.turns import Turn
from sspnet_sdk.options import Choices


@dataclass(frozen=True)
class Chosen:
    """An engine, what is known of its timings with the threads it gets, and the setting that it was looked at in."""

    backend: str
    profile: Profile
    seen: Setting

    @property
    def threads(self) -> int:
        """Of the network."""
        return int(self.profile.device["threads"])


class EngineChoice:
    """The engines that the options leave.

    Args:
        bundle: what they run.
        choices: the checked options.
        threads: the most that a network may have.
        choosing: a rate or deadline is to be kept, so that threads are compared even where there is only one engine.

    Raises:
        BackendError: none of them runs any of the precisions.
    """

    def __init__(self, bundle: Bundle, choices: Choices, threads: int, choosing: bool) -> None:
        precisions = choices.precisions if choosing else choices.precisions[:1]
        settings = settings_of(bundle, choices.engines, precisions, choices.sizes[-1:])
        own = {setting.backend: setting for setting in settings}  # in the engine's own precision, if it has one
        self._settings = list(own.values())
        compared = choices.threads is None and (choosing or len(self._settings) > 1)
        self._profiles = [Profile(bundle, count) for count in (sorted({1, threads}) if compared else [threads])]

    @property
    def is_made(self) -> bool:
        """Whether nothing need be measured for it."""
        return (len(self._settings) == 1 or self._profiles[-1].has_seen(self._settings)) and (
            len(self._profiles) == 1 or any(all(one.has_seen([s]) for one in self._profiles) for s in self._settings)
        )

    def make(self, turn: Turn = contextlib.nullcontext, opened: Opened | None = None) -> Chosen:
        """The fastest; looks at what was not looked at before, each run within a `turn`, and adds to `opened` (see `compare`).

        Raises:
            BackendError: none works.
        """
        return self.with_threads(self.fastest(turn, opened), turn, opened)

    def fastest(
        self,
        turn: Turn = contextlib.nullcontext,
        opened: Opened | None = None,
        deepest: Mapping[str, int] = MappingProxyType({}),
    ) -> Chosen:
        """The same, with as many threads as there are; `deepest` as in `compare`."""
        backend = choose_backend(self._profiles[-1], self._settings, turn, opened, deepest)
        return Chosen(backend, self._profiles[-1], next(setting for setting in self._settings if setting.backend == backend))

    def with_threads(self, chosen: Chosen, turn: Turn = contextlib.nullcontext, opened: Opened | None = None) -> Chosen:
        """The same engine with fewer threads, where that is as fast."""
        if len(self._profiles) == 1:
            return chosen
        return replace(chosen, profile=choose_threads(self._profiles, chosen.seen, turn, opened))

    def first_that_works(self, opened: Opened) -> Chosen:
        """To begin with, until the choice is made; adds to `opened`.

        Raises:
            BackendError: none works.
        """
        failures = []
        for setting in self._settings:
            try:
                compare([(self._profiles[-1], setting)], opened=opened)
                return Chosen(setting.backend, self._profiles[-1], setting)
            except BackendError as error:
                failures.append(str(error))
        raise BackendError("; ".join(failures))
