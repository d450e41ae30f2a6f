"""Which engine runs here, and with how many threads: by a quick look at each, the first stage at the largest size."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.errors import BackendError
from sspnet_sdk.options import Choices
from sspnet_sdk.profile import Profile, Setting, Turn, choose_backend, choose_threads, compare, settings_of


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

    def make(self, turn: Turn = contextlib.nullcontext) -> Chosen:
        """The fastest; looks at what was not looked at before. Each run is within a `turn`.

        Raises:
            BackendError: none works.
        """
        backend = choose_backend(self._profiles[-1], self._settings, turn)
        seen = next(setting for setting in self._settings if setting.backend == backend)
        profile = self._profiles[-1] if len(self._profiles) == 1 else choose_threads(self._profiles, seen, turn)
        return Chosen(backend, profile, seen)

    def first_that_works(self) -> Chosen:
        """To begin with, until the choice is made.

        Raises:
            BackendError: none works.
        """
        failures = []
        for setting in self._settings:
            try:
                compare([(self._profiles[-1], setting)])
                return Chosen(setting.backend, self._profiles[-1], setting)
            except BackendError as error:
                failures.append(str(error))
        raise BackendError("; ".join(failures))
