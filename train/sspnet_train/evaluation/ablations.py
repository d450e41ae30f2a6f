"""The paper's ablations on your own network, as pictures and CSV: Fig. 6a, 6b, 6c, Table 4, Fig. 7."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from sspnet_train.data.crop import BOX_SCALE, DEPTH_RANGE_MM, plain_crop
from sspnet_train.data.sample import SampleSource
from sspnet_train.evaluation.figures import bars_by_map, curves, heatmap_sheet
from sspnet_train.evaluation.paper_results import ARGMAX_BY_MAP, SOFT_ARGMAX_BY_MAP
from sspnet_train.evaluation.predict import HeadPoses, predict_heads
from sspnet_train.evaluation.protocols import given_root_z, heads_table, mpjpe_of_head
from sspnet_train.evaluation.tables import Cell, Table, write_report
from sspnet_train.network.model import SSPNet, SSPNetConfig
from sspnet_train.network.network_input import network_input

NOISE_MM = (0.0, 25.0, 50.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0)
NOISE_DRAWS = 10
TIMED_RUNS, WARM_RUNS = 7, 2


def ablate(
    network: SSPNet,
    source: SampleSource,
    folder: Path,
    *,
    size: int = 256,
    limit: int | None = None,
    heading: str = "# Ablations",
    on_progress: Callable[[int, int], None] = lambda done, count: None,
) -> list[Table]:
    """The paper's ablations on a set with cameras and true millimetres.

    Args:
        network: what is measured.
        source: the people.
        folder: receives report.md, and a CSV and a PNG for each table or figure.
        size: side of the input, pixels.
        limit: only so many people.
        heading: first lines of the report.
        on_progress: called with the people done and their number.
    """
    poses = predict_heads(network, source, size, limit=limit, on_progress=on_progress)
    network = network.eval()
    tables = [
        heads_table(network.config, lambda head: mpjpe_of_head(poses, head, given_root_z(poses)), "MPJPE mm"),
        error_by_speed(network, poses, size),
        error_by_root_noise(poses),
        argmax_against_soft_argmax(poses, network.config, size),
    ]
    write_report(folder, tables, heading)
    draw(tables, network.config, folder)
    heatmap_sheet(*learned_heatmaps(network, source, size), path=folder / "heatmaps.jpg")
    return tables


def error_by_speed(network: SSPNet, poses: HeadPoses, size: int) -> Table:
    """Fig. 6b: each cut's error against its frames per second here. One crop at a time, network only, in PyTorch."""
    rows: list[list[Cell]] = []
    for cut in range(1, network.config.pyramids + 1):
        milliseconds = 1000 * fastest_run(network, size, cut)
        error = mpjpe_of_head(poses, cut * network.config.levels - 1, given_root_z(poses))
        rows.append([cut, milliseconds, 1000 / milliseconds, error])
    device = next(network.parameters()).device
    title = f"Error against speed, {size} px, PyTorch on {device.type}, {torch.get_num_threads()} threads (Fig. 6b)"
    return Table("speed", title, ["cut", "ms", "FPS", "MPJPE mm"], rows)


@torch.no_grad()
def fastest_run(network: SSPNet, size: int, cut: int) -> float:
    """Seconds of the fastest of some runs, which other programs on the machine do not slow down."""
    device = next(network.parameters()).device
    image, times = torch.zeros(1, 3, size, size, device=device), []
    for _ in range(WARM_RUNS + TIMED_RUNS):
        start = time.perf_counter()
        network(image, cut)
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    return min(times[WARM_RUNS:])


def error_by_root_noise(poses: HeadPoses, seed: int = 0) -> Table:
    """Fig. 6c: the last head's error when the root's Z carries Gaussian noise, mean over draws."""
    root_z, rng = given_root_z(poses), np.random.default_rng(seed)
    rows: list[list[Cell]] = []
    for deviation in NOISE_MM:
        draws = [root_z + rng.normal(0, deviation, len(root_z)) for _ in range(NOISE_DRAWS if deviation else 1)]
        rows.append([int(deviation), float(np.mean([mpjpe_of_head(poses, -1, np.maximum(z, 200.0)) for z in draws]))])
    return Table("root_noise", "Error against noise on the root's Z (Fig. 6c)", ["standard deviation mm", "MPJPE mm"], rows)


def argmax_against_soft_argmax(poses: HeadPoses, config: SSPNetConfig, size: int) -> Table:
    """Table 4: the arg-max of true volumetric heatmaps, and the network's soft-argmax on maps as large.

    Only the cells limit the first.
    """
    rows: list[list[Cell]] = []
    for level in range(config.levels, -1, -1):
        side = size // 8 // 2**level
        pyramid = config.pyramids if level in config.levels_of(config.pyramids) else config.pyramids - 1
        head = (pyramid - 1) * config.levels + config.levels_of(pyramid).index(level)
        soft = mpjpe_of_head(poses, head, given_root_z(poses))
        rows.append([f"{side}x{side}", argmax_error(poses, side), soft, ARGMAX_BY_MAP.get(side), SOFT_ARGMAX_BY_MAP.get(side)])
    columns = ["map", "argmax of true maps", "soft-argmax", "paper, argmax", "paper, soft-argmax"]
    return Table("soft_argmax", "Soft-argmax against argmax, MPJPE mm (Table 4)", columns, rows)


def argmax_error(poses: HeadPoses, side: int) -> float:
    """MPJPE mm of the true poses moved to the centres of the cells of a side x side x side volume over crop and depth range."""
    truth = np.stack([sample.keypoints for sample in poses.samples]).astype(np.float64)
    depth = np.stack([sample.depth for sample in poses.samples]).astype(np.float64)
    boxes = np.stack([sample.box for sample in poses.samples]).astype(np.float64)
    extent = (BOX_SCALE * boxes[:, 2:].max(axis=1))[:, None, None]
    corner = (boxes[:, :2] + boxes[:, 2:] / 2)[:, None] - extent / 2
    keypoints = corner + extent * cell_centre((truth - corner) / extent, side)
    z = (cell_centre(depth / DEPTH_RANGE_MM + 0.5, side) - 0.5) * DEPTH_RANGE_MM
    moved = HeadPoses(keypoints[None], z[None], np.ones((1, *depth.shape)), None, poses.samples)
    return mpjpe_of_head(moved, 0, given_root_z(poses))


def cell_centre(position: np.ndarray, side: int) -> np.ndarray:
    """Positions on [0, 1] -> the centres of the cells that hold them."""
    return (np.clip(np.floor(position * side), 0, side - 1) + 0.5) / side


@torch.no_grad()
def learned_heatmaps(network: SSPNet, source: SampleSource, size: int) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """Fig. 7: a person whose limbs are all seen -> crop (size, size, 3), level -> heatmaps (17, h, w) of its last head."""
    candidates = (source[i] for i in range(min(len(source), 200)))
    sample = next((s for s in candidates if s.visible is None or s.visible.all()), source[0])
    crop, _ = plain_crop(sample, size)
    image = network_input(crop[None]).to(next(network.parameters()).device)
    predictions, config = network(image), network.config
    last = {level: i for i, level in enumerate(level for k in range(1, config.pyramids + 1) for level in config.levels_of(k))}
    return crop, {level: predictions[head].heatmap[0].float().cpu().numpy() for level, head in sorted(last.items())}


def draw(tables: list[Table], config: SSPNetConfig, folder: Path) -> None:
    heads, speed, noise, soft = tables
    levels = {row[0]: [(k, v) for k, v in enumerate(row[1:], 1) if v is not None] for row in heads.rows[: config.levels + 1]}
    curves(levels, "pyramid", "MPJPE, mm", folder / "heads.png")
    cuts = [(row[2], row[3]) for row in speed.rows]
    curves({"cuts": cuts}, "frames per second", "MPJPE, mm", folder / "speed.png", [str(row[0]) for row in speed.rows])
    curves(
        {"root Z": [(row[0], row[1]) for row in noise.rows]}, "noise on the root's Z, mm", "MPJPE, mm", folder / "root_noise.png"
    )
    bars_by_map([row[:3] for row in soft.rows], folder / "soft_argmax.png")
