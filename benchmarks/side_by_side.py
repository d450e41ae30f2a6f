"""Time several things in turn, a burst of each per round: what disturbs the machine then disturbs all of them alike."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from statistics import median

Burst = Callable[[int], list[float]]
"""How many runs -> milliseconds of each."""


def timed(run: Callable[[], object]) -> Burst:
    """A burst of a plain function; its first run, which finds cold caches, does not count."""

    def burst(count: int) -> list[float]:
        run()
        return [_elapsed_ms(run) for _ in range(count)]

    return burst


def after(first: Callable[[], object], then: Callable[[], object]) -> Burst:
    """A burst of `then`, each right after `first`, which is not timed."""

    def burst(count: int) -> list[float]:
        times = []
        for _ in range(count):
            first()
            times.append(_elapsed_ms(then))
        return times

    return burst


def side_by_side(bursts: Mapping[str, Burst], rounds: int, count: int) -> dict[str, float]:
    """Name -> median over rounds of the median of each burst, in milliseconds."""
    medians: dict[str, list[float]] = {name: [] for name in bursts}
    for _ in range(rounds):
        for name, burst in bursts.items():
            medians[name].append(median(burst(count)))
    return {name: median(values) for name, values in medians.items()}


def openvino_settings(threads: int, precision: str = "fp32") -> dict[str, object]:
    """One request at a time, in "fp32" or "bf16", as the SDK opens its own networks. bf16 is what OpenVINO itself takes here."""
    hint = {"fp32": "f32", "bf16": "bf16"}[precision]
    return {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": hint}


def keep_to_cores(count: int) -> list[int]:
    """Bind this process, and the ones that it starts, to the first `count` of its cores."""
    cores = sorted(os.sched_getaffinity(0))[:count]
    if len(cores) < count:
        raise SystemExit(f"this process may use {len(cores)} cores, not {count}")
    os.sched_setaffinity(0, cores)
    return cores


def _elapsed_ms(run: Callable[[], object]) -> float:
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) * 1000
