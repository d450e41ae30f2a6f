"""What this machine is, as far as timings depend on it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

_ROOT = Path("/")
MOST_THREADS = 8  # networks this small gain nothing from more


def usable_cores() -> int:
    """Cores that this process may use: its affinity, and the quota of its container."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, period = _cpu_quota()
    return min(cores, max(1, round(quota / period))) if quota > 0 and period > 0 else cores


def _cpu_quota() -> tuple[int, int]:
    """Microseconds of CPU in each period that the container may use: cgroup v2, else v1; 0 for no limit."""
    both = _read("/sys/fs/cgroup/cpu.max").split()
    for folder in ("cpu", "cpu,cpuacct"):
        both = both or [_read(f"/sys/fs/cgroup/{folder}/cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
        both = both if all(both) else []
    return (int(both[0]), int(both[1])) if len(both) == 2 and both[0].isdigit() and both[1].isdigit() else (0, 0)


def default_threads() -> int:
    """Threads for one network."""
    return min(usable_cores(), MOST_THREADS)


def describe_device() -> dict[str, str | int]:
    """CPU and GPU model, cores, affinity and power mode: timings of another description are not this device's."""
    affinity = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return {
        "cpu": _cpu_model(),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "affinity": ",".join(map(str, affinity)),
        "usable_cores": usable_cores(),
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").strip(),
        "board": _read("/proc/device-tree/model").strip("\0\n "),
        "nvpmodel": _read("/var/lib/nvpmodel/status").strip(),  # a Jetson's power mode, as "pmode:0002"
        "gpus": ", ".join(_nvidia_gpus()),
    }


def _nvidia_gpus() -> list[str]:
    """Model names as NVIDIA's driver for desktops states them."""
    models = []
    for path in sorted(_under_root("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = path.read_text(errors="replace").splitlines()
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return models


def _cpu_model() -> str:
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith(("model name", "Hardware", "Model")):
            return line.partition(":")[2].strip()
    return platform.processor()


def _read(path: str) -> str:
    try:
        return _under_root(path).read_text(errors="replace")
    except OSError:
        return ""


def _under_root(path: str) -> Path:
    return _ROOT / path.lstrip("/")
