"""Engines and numbers of threads compared by a quick look at each: a few runs of the first stage, in turn."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from sspnet_sdk.backends import load
from sspnet_sdk.errors import BackendError
from sspnet_sdk.frame_rate.profile import Profile, Setting
from sspnet_sdk.frame_rate.turns import Turn
from sspnet_sdk.inference.stages import StageChain

logger = logging.getLogger("sspnet_sdk")

_WORTH_A_THREAD = 1.05  # what more threads must gain over fewer
_LOOKS, _FEWEST_LOOKS = 5, 3  # runs of a first stage; fewer where every run of one is faster than all of the others

Candidate = tuple[Profile, Setting]
Opened = dict[Candidate, StageChain]


def choose_backend(
    profile: Profile,
    settings: Sequence[Setting],
    turn: Turn = contextlib.nullcontext,
    opened: Opened | None = None,
    deepest: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """The engine whose first stage is fastest in one of some settings; an engine that does not work here is passed over.

    The arguments are those of `compare`.

    Raises:
        BackendError: none is installed, or none works.
    """
    backends = dict.fromkeys(setting.backend for setting in settings)
    if len(backends) == 1:
        load(settings[0].backend)
        logger.info("backend %s: the only one to choose from", settings[0].backend)
        return settings[0].backend
    measured = compare([(profile, setting) for setting in settings], turn, opened, deepest)
    described = ", ".join(f"{setting.label} {ms:.1f} ms" for (_, setting), ms in measured.items())
    failures: list[str] = []
    for _, setting in sorted(measured, key=measured.__getitem__):
        with _passed_over(failures):  # it did work when it was looked at
            load(setting.backend)
            logger.info("backend %s: fastest here (%s)", setting.backend, described)
            return setting.backend
    raise BackendError("; ".join(failures))


def choose_threads(
    profiles: Sequence[Profile], setting: Setting, turn: Turn = contextlib.nullcontext, opened: Opened | None = None
) -> Profile:
    """Of profiles with more and more threads, the one whose first stage is fastest; the fewer threads where it hardly matters.

    Small networks gain little from a second thread, and lose where another program wants its core.
    """
    measured = compare([(profile, setting) for profile in profiles], turn, opened)
    fastest = min(measured.values())
    best = next(profile for (profile, _), ms in measured.items() if ms <= fastest * _WORTH_A_THREAD)
    described = ", ".join(f"{profile.device['threads']}: {ms:.1f} ms" for (profile, _), ms in measured.items())
    logger.info("%s threads: fastest here (%s)", best.device["threads"], described)
    return best


def compare(
    candidates: Sequence[Candidate],
    turn: Turn = contextlib.nullcontext,
    opened: Opened | None = None,
    deepest: Mapping[str, int] = MappingProxyType({}),
) -> dict[Candidate, float]:
    """Median time of the first stage of each. Where one was not looked at before, all of them run in turn, so that what disturbs
    the machine disturbs them alike; one that does not work is left out with a warning.

    Args:
        candidates: what to compare.
        turn: each round of runs is within one. Nobody waits for one before networks are opened.
        opened: is given the chains that were opened, to use and to close. None: they are closed.
        deepest: for engines whose later stages are opened too, up to which cut: frames would run them at once.

    Raises:
        BackendError: none works.
    """
    if all(profile.has_seen([setting]) for profile, setting in candidates):
        return {(profile, setting): profile.first_ms(setting) for profile, setting in candidates}
    with _warmed_up(candidates, deepest) as chains:
        times: dict[Candidate, list[float]] = {candidate: [] for candidate in chains}
        while not _is_clear(list(times.values())):
            with turn():
                for candidate, chain in chains.items():
                    times[candidate] += chain.run_grey(0)
        if opened is not None:
            opened |= chains
            chains.clear()
    medians = {candidate: float(np.median(values)) for candidate, values in times.items()}
    for (profile, setting), ms in medians.items():
        profile.keep_look(setting, ms)
    return medians


@contextlib.contextmanager
def _warmed_up(candidates: Sequence[Candidate], deepest: Mapping[str, int]) -> Iterator[Opened]:
    """The chains of those that work, opened side by side. What the caller leaves of them is closed in the end."""
    failures: list[str] = []
    chains: Opened = {}
    try:
        for profile, setting in candidates:
            with _passed_over(failures):
                chains[profile, setting] = profile.begun_chain(setting, deepest.get(setting.backend, 0))
        for (profile, setting), chain in list(chains.items()):
            with _passed_over(failures):
                chain.open(deepest.get(setting.backend, 0))
                chain.run_grey(0)  # a first run is not like the others
                continue
            chains.pop((profile, setting)).close()
        if not chains:
            raise BackendError("; ".join(failures))
        yield chains
    finally:
        for chain in chains.values():
            chain.close()


@contextlib.contextmanager
def _passed_over(failures: list[str]) -> Iterator[None]:
    """A backend that does not work is said, and added to `failures`."""
    try:
        yield
    except BackendError as error:
        failures.append(str(error))
        logger.warning("passing over a backend: %s", error)


def _is_clear(times: Sequence[Sequence[float]]) -> bool:
    """Whether the times of some candidates, as many of each, tell which is fastest."""
    looks = len(times[0])
    if len(times) == 1 or not _FEWEST_LOOKS <= looks < _LOOKS:
        return looks >= _LOOKS
    fastest, *others = sorted(times, key=max)
    return max(fastest) < min(map(min, others))
