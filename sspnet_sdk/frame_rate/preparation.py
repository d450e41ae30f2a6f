"""An engine with the networks that frames may take, and how both get better, step by step, beside the frames."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sspnet_sdk.bundle import Bundle
from sspnet_sdk.frame_rate.agenda import SHARE, Network, agenda, network_of
from sspnet_sdk.frame_rate.engine_choice import Chosen, EngineChoice
from sspnet_sdk.frame_rate.looks import Opened
from sspnet_sdk.frame_rate.profile import Setting, settings_of
from sspnet_sdk.frame_rate.rate import OperatingPoint
from sspnet_sdk.frame_rate.survey import Survey
from sspnet_sdk.inference.engine import Engine
from sspnet_sdk.inference.stages import StageChain
from sspnet_sdk.options import Choices

logger = logging.getLogger("sspnet_sdk")


@dataclass(frozen=True)
class Ready:
    """What frames may run on.

    Attributes:
        chosen: the engine.
        engines: one for each worker.
        opened: the networks that frames may take, with the deepest cut of each.
    """

    chosen: Chosen
    engines: list[Engine]
    opened: dict[Network, int]


class Preparation:
    """Opens and measures networks.

    Args:
        bundle: whose networks.
        choices: the checked options.
        choice: the engines to choose from.
    """

    def __init__(self, bundle: Bundle, choices: Choices, choice: EngineChoice) -> None:
        self._bundle, self._choices, self._choice = bundle, choices, choice

    def start(self) -> Ready:
        """The engine to begin with. No network is opened, but what was looked at."""
        looked_at: Opened = {}
        try:
            chosen = self._choice.make() if self._choice.is_made else self._choice.first_that_works(looked_at)
            return Ready(chosen, self._new_engines(chosen, looked_at), {})
        finally:
            _close(looked_at.values())

    def first_network(self, chosen: Chosen, budget_ms: float) -> dict[Network, int]:
        """The best network within the budget, up to the deepest cut that fits. There is more to be had beside the frames."""
        best = next(iter(self._agenda(chosen, budget_ms)))
        return self.deepened(chosen, {best: self._choices.cuts[0]}, budget_ms)

    def deepened(self, chosen: Chosen, opened: Mapping[Network, int], budget_ms: float) -> dict[Network, int]:
        """The same networks with all cuts that fit the budget."""
        deepest = dict(opened)
        for point in self._all_points(chosen):
            network = network_of(point)
            if network in opened and point.p50_ms <= SHARE * budget_ms:
                deepest[network] = max(deepest[network], point.cut)
        return deepest

    def points(self, chosen: Chosen, opened: Mapping[Network, int]) -> tuple[list[OperatingPoint], OperatingPoint]:
        """The operating points of the networks that are opened, and the fastest of all."""
        points = self._all_points(chosen)
        here = [point for point in points if point.cut <= opened.get(network_of(point), 0)]
        return here, min(points, key=lambda point: point.p50_ms)

    def measured(self, chosen: Chosen) -> set[Network]:
        """The networks whose times are measured."""
        return {(setting.precision, setting.size) for setting in self._settings(chosen) if chosen.profile.knows([setting])}

    def is_done(self, ready: Ready, budget_ms: float | None) -> bool:
        """Whether `improve` would find nothing to do."""
        if not self._choice.is_made:
            return False
        return budget_ms is None or (self._next(ready, budget_ms) is None and not self._finders_due(ready.chosen))

    def improve(self, ready: Ready, budget_ms: float | None, survey: Survey) -> Iterator[Ready]:
        """A good engine soon, then its threads, then one network after the other that frames may need.

        Args:
            ready: what frames run on now.
            budget_ms: the longest that a frame may have; None: they run the deepest cut at the largest size, whatever it takes.
            survey: whose turns to take.
        """
        if not self._choice.is_made:
            logger.info("%s until this device is measured", ready.chosen.seen.label)
            for fewer_threads in (False, True):
                better = self._on_better_engine(ready, budget_ms, survey, fewer_threads)
                if better is not ready:
                    ready = better
                    yield ready
        if budget_ms is None:
            return
        known = self.measured(ready.chosen)
        while (network := self._next(ready, budget_ms)) is not None:
            better = self._with_network(ready, network, budget_ms, survey)
            if better is not ready:
                ready = better
                yield ready
        for setting in self._finders_due(ready.chosen):
            ready.chosen.profile.measure_finder(setting, survey.turn)
        measured, settings = self.measured(ready.chosen), self._settings(ready.chosen)
        if len(measured) > len(known):
            logger.info("%d of %d networks are measured, all that frames may need", len(measured), len(settings))

    def _on_better_engine(self, ready: Ready, budget_ms: float | None, survey: Survey, fewer_threads: bool) -> Ready:
        looked_at: Opened = {}
        whole = {(self._choices.precisions[0], self._choices.sizes[-1]): self._choices.cuts[-1]}
        try:
            if fewer_threads:
                chosen = self._choice.with_threads(ready.chosen, survey.turn, looked_at)
            else:
                others = [] if budget_ms is not None else [name for name in self._choices.engines if name != ready.chosen.backend]
                chosen = self._choice.fastest(survey.turn, looked_at, dict.fromkeys(others, self._choices.cuts[-1]))
            if (chosen.backend, chosen.threads) == (ready.chosen.backend, ready.chosen.threads):
                return ready
            better = Ready(chosen, self._new_engines(chosen, looked_at), {})
        finally:
            _close(looked_at.values())
        opened = whole if budget_ms is None else self.first_network(chosen, budget_ms)
        try:
            for engine in better.engines:
                survey.go_on()
                if budget_ms is None:
                    engine.open(whole, survey.turn)
                else:
                    engine.warm_up(opened)
        except BaseException:
            _close(better.engines)
            raise
        return replace(better, opened=opened)

    def _next(self, ready: Ready, budget_ms: float) -> Network | None:
        """What to have next, of what frames may need and have not."""
        measured = self.measured(ready.chosen)
        for network, cut in self._agenda(ready.chosen, budget_ms).items():
            if network not in measured or ready.opened.get(network, 0) < cut:
                return network
        return None

    def _with_network(self, ready: Ready, network: Network, budget_ms: float, survey: Survey) -> Ready:
        """The same with one network more, or with more cuts of one: measured, if that is due, and opened for every worker."""
        chosen, setting = ready.chosen, Setting(ready.chosen.backend, *network)
        is_due = not chosen.profile.knows([setting])
        cut = self._bundle.cuts[-1] if is_due else self._agenda(chosen, budget_ms)[network]
        new = [engine.another_chain(*network) for engine in ready.engines if not engine.has(network)]
        chains = new or [engine.chain(*network) for engine in ready.engines]
        try:
            for chain in chains:
                survey.go_on()
                chain.warm_up(cut, survey.turn)
            if is_due:
                chosen.profile.measure_chain(setting, chains[0], survey.turn)
        except BaseException:
            _close(new)
            raise
        if network not in self._agenda(chosen, budget_ms) and network not in ready.opened:
            _close(new)  # now that it is measured, others are better
            return ready
        for engine in ready.engines:
            if not engine.has(network):
                engine.adopt(new.pop())
        return replace(ready, opened={**ready.opened, network: min(cut, self._choices.cuts[-1])})

    def _finders_due(self, chosen: Chosen) -> list[Setting]:
        settings = [Setting(chosen.backend, self._choices.precisions[0], size) for size in self._choices.sizes]
        here = [setting for setting in settings if (setting.precision, setting.size) in self._bundle.finders]
        return [setting for setting in here if chosen.profile.finder_times(setting) is None]

    def _agenda(self, chosen: Chosen, budget_ms: float) -> dict[Network, int]:
        return agenda(self._all_points(chosen), self.measured(chosen), budget_ms, chosen.seen.precision)

    def _all_points(self, chosen: Chosen) -> list[OperatingPoint]:
        return chosen.profile.points(self._settings(chosen), self._choices.cuts, chosen.seen)

    def _settings(self, chosen: Chosen) -> list[Setting]:
        return settings_of(self._bundle, [chosen.backend], self._choices.precisions, self._choices.sizes)

    def _new_engines(self, chosen: Chosen, looked_at: Opened) -> list[Engine]:
        """One for each worker. The first goes on with the chain that was looked at."""
        finds_in = self._choices.precisions[0]
        engines = [Engine(self._bundle, chosen.backend, finds_in, chosen.threads) for _ in range(self._choices.workers)]
        chain = looked_at.pop((chosen.profile, chosen.seen), None)
        if chain is not None:
            engines[0].adopt(chain, warmed_up=False)
        return engines


def _close(several: Iterable[Engine | StageChain]) -> None:
    for one in several:
        one.close()
