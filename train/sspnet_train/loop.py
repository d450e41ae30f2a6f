"""The training loop: one process, or several under `torchrun`; resumes exactly; may be killed at any moment."""

from __future__ import annotations

import csv
import json
import logging
import os
import platform
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader

from .batches import Batches
from .checkpoint import read_checkpoint, save_checkpoint
from .data.sample import SampleSource
from .evaluate import predict_cuts, score
from .losses import Targets, total_loss
from .model import CONFIGS, SSPNet
from .recipes import Recipe
from .run_state import MovingAverage, load_state, save_state

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunOptions:
    """How one run goes. decay_from: step from which the rate falls to zero along a half cosine (None: never).

    save_minutes: a checkpoint every so often; validate_minutes: scores of the moving average every so often.
    """

    steps: int
    seed: int = 0
    decay_from: int | None = None
    save_minutes: float = 10.0
    validate_minutes: float = 20.0
    validate_size: int = 256
    validate_limit: int = 300
    workers: int = 0


def train(
    recipe: Recipe, sources: dict[str, SampleSource], validation: dict[str, SampleSource], folder: Path, options: RunOptions,
    *, init: Path | None = None, resume: bool = False, on_step: Callable[[int, int, float], None] | None = None,
) -> SSPNet:  # fmt: skip
    """Train and return the network (its moving average where the recipe keeps one).

    folder receives run.json (recipe, options, environment), log.csv, validation.csv, state.pt (for `resume`) and
    checkpoint.safetensors. `on_step(step, steps, loss)` shows progress. An interrupt (Ctrl-C, SIGTERM) saves, then raises KeyboardInterrupt.
    """
    run = _Run(recipe, sources, validation, folder, options, init, resume)
    with _interruptible() as interrupted:
        for step, batch in run.batches():
            loss = run.step(step, *batch)
            if on_step is not None and run.is_main:
                on_step(step + 1, options.steps, loss)
            if _agreed(interrupted()):
                run.save()
                raise KeyboardInterrupt
    run.validate()
    run.save()
    run.network.load_state_dict(run.average.weights if run.average else run.network.state_dict())
    return run.network


class _Run:
    def __init__(
        self, recipe: Recipe, sources: dict[str, SampleSource], validation: dict[str, SampleSource], folder: Path,
        options: RunOptions, init: Path | None, resume: bool,
    ):  # fmt: skip
        self.recipe, self.validation, self.folder, self.options = recipe, validation, folder, options
        self.rank = dist.get_rank() if dist.is_initialized() else 0
        self.is_main = self.rank == 0
        torch.manual_seed(options.seed)
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if torch.cuda.is_available() else torch.device("cpu")
        self.network = SSPNet(CONFIGS[recipe.config])
        if init is not None:
            config, weights, _ = read_checkpoint(init)
            self.network = SSPNet(config)
            self.network.load_state_dict(weights)
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.head_weights = recipe.head_weights(self.network.config)
        self.optimizer, self.groups = build_optimizer(self.network, recipe)
        self.average = MovingAverage(self.network, recipe.ema) if recipe.ema else None
        self.next_step, self.crops, self.plateau = 0, 0, Plateau(recipe.plateau_patience)
        folder.mkdir(parents=True, exist_ok=True)
        if resume:
            self._restore()
        elif self.is_main:
            self._describe()
        self.parallel: nn.Module = _Forward(self.network)
        if dist.is_initialized():
            self.parallel = DistributedDataParallel(self.parallel, find_unused_parameters=True)
        self.data = Batches(recipe, sources, options.steps, options.seed, self.rank)
        self.saved = self.validated = time.monotonic()
        self.losses: list[tuple[float, ...]] = []

    def batches(self) -> Iterator[tuple[int, tuple[Tensor, Targets]]]:
        order = range(self.next_step, self.options.steps)
        loader = DataLoader(self.data, batch_size=None, sampler=order, num_workers=self.options.workers)
        yield from zip(order, loader, strict=True)

    def step(self, step: int, image: Tensor, targets: Targets) -> float:
        self.network.train()
        if self.recipe.entry_lr == 0:
            self.network.entry.eval()
        rate = self._rate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate
        image = image.to(self.device, memory_format=torch.channels_last)
        targets = Targets(*(value.to(self.device) for value in targets))
        first_pose, predictions = self.parallel(image)
        loss, heads = total_loss(predictions, first_pose, targets, self.head_weights, self.recipe.confidence)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.clip:
            for parameters in self.groups:
                nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
        self.optimizer.step()
        self.next_step, self.crops = step + 1, self.crops + len(image)
        if self.average:
            self.average.update(self.network, step)
        self._log(step, len(image), image.shape[2], loss.item(), heads)
        self._housekeeping()
        return loss.item()

    def _rate(self, step: int) -> float:
        rate = min(1.0, (step + 1) / max(self.recipe.warmup_steps, 1)) * self.plateau.rate
        start = self.options.decay_from
        if start is not None and step >= start:
            progress = (step - start) / max(self.options.steps - start, 1)
            rate *= 0.5 * (1 + torch.cos(torch.tensor(progress * torch.pi)).item())
        return rate

    def _log(self, step: int, count: int, size: int, loss: float, heads: list[float]) -> None:
        levels, pyramids = self.network.config.levels, self.network.config.pyramids
        self.losses.append((loss, *(heads[(k + 1) * levels - 1] for k in range(pyramids))))
        if self.is_main and (step + 1) % 20 == 0:
            columns = ["step", "crops", "size", "loss", *(f"head_{k + 1}" for k in range(pyramids))]
            means = torch.tensor(self.losses).mean(dim=0).tolist()
            append_row(self.folder / "log.csv", columns, [step + 1, self.crops, size, *(f"{mean:.5f}" for mean in means)])
            self.losses.clear()

    def _housekeeping(self) -> None:
        now = time.monotonic()
        if _agreed(now - self.validated > 60 * self.options.validate_minutes):
            self.validate()
            self.validated = time.monotonic()
        if _agreed(now - self.saved > 60 * self.options.save_minutes):
            self.save()
            self.saved = time.monotonic()

    def save(self) -> None:
        if not self.is_main:
            return
        state = {
            "step": self.next_step, "crops": self.crops, "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(), "plateau": asdict(self.plateau),
            "average": self.average.weights if self.average else None,
        }  # fmt: skip
        save_state(self.folder / "state.pt", state)
        weights = self.average.weights if self.average else self.network.state_dict()
        notes = {"recipe": self.recipe.name, "step": str(self.next_step), "crops": str(self.crops)}
        save_checkpoint(self.folder / "checkpoint.safetensors", self.network.config, weights, notes)

    def _restore(self) -> None:
        path = self.folder / "state.pt"
        if not path.is_file():
            raise FileNotFoundError(f"nothing to resume: {path} does not exist")
        state = load_state(path)
        self.next_step, self.crops = int(state["step"]), int(state["crops"])  # type: ignore[call-overload]
        self.network.load_state_dict(state["network"])  # type: ignore[arg-type]
        rates = [group["base_lr"] for group in self.optimizer.param_groups]
        self.optimizer.load_state_dict(state["optimizer"])  # type: ignore[arg-type]
        for group, base in zip(self.optimizer.param_groups, rates, strict=True):
            group["base_lr"] = base
        self.plateau = Plateau(**state["plateau"])  # type: ignore[arg-type]
        if self.average and state["average"]:
            self.average.weights = {k: v.to(self.device) for k, v in state["average"].items()}  # type: ignore[attr-defined]

    def validate(self) -> None:
        """Score the moving average on every validation set; rank 0 does it, the others wait."""
        if self.is_main:
            network = SSPNet(self.network.config).to(self.device)
            network.load_state_dict(self.average.weights if self.average else self.network.state_dict())
            cuts = [0] if self.network.config.entry == "movenet" else []
            cuts += [k for k in (2, 4, 8) if k <= self.network.config.pyramids]
            for name, source in self.validation.items():
                found = predict_cuts(network, source, self.options.validate_size, cuts, limit=self.options.validate_limit)
                for cut in cuts:
                    scores = {key: round(value, 4) for key, value in score(found, source, cut).items()}
                    row = [self.next_step, self.crops, name, self.options.validate_size, cut, json.dumps(scores)]
                    append_row(self.folder / "validation.csv", ["step", "crops", "set", "size", "cut", "scores"], row)
                    if cut == cuts[-1]:
                        self.plateau.observe(-scores["pck"])
        if dist.is_initialized():
            rate = torch.tensor([self.plateau.rate])
            dist.broadcast(rate, 0)
            self.plateau.rate = rate.item()

    def _describe(self) -> None:
        def git(*words: str) -> str:
            found = subprocess.run(["git", *words], capture_output=True, text=True, cwd=Path(__file__).parent)
            return found.stdout.strip()

        description = {
            "recipe": asdict(self.recipe), "options": asdict(self.options), "config": self.network.config.to_dict(),
            "git": {"commit": git("rev-parse", "HEAD"), "changed": git("status", "--porcelain").splitlines()},
            "environment": {"python": platform.python_version(), "torch": torch.__version__, "machine": platform.platform()},
        }  # fmt: skip
        (self.folder / "run.json").write_text(json.dumps(description, indent=1))


class _Forward(nn.Module):
    """Entry and pyramids in one forward, as DistributedDataParallel wants it."""

    def __init__(self, network: SSPNet):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor):
        entry = self.network.entry(image)
        return entry.pose, self.network.refine(entry)


@dataclass
class Plateau:
    """Divide the rate by 10 when the error has not fallen for `patience` validations (0: never)."""

    patience: int
    rate: float = 1.0
    best: float = float("inf")
    waited: int = 0

    def observe(self, error: float) -> None:
        if error < self.best:
            self.best, self.waited = error, 0
            return
        self.waited += 1
        if self.patience and self.waited >= self.patience:
            self.rate, self.waited = self.rate / 10, 0


def build_optimizer(network: SSPNet, recipe: Recipe) -> tuple[torch.optim.Optimizer, list[list[nn.Parameter]]]:
    """-> optimizer, and the parameters of entry flow and pyramids apart (their gradients are clipped apart)."""
    entry = [p for name, p in network.entry.named_parameters() if not name.startswith("to_level")]
    of_entry = {id(p) for p in entry}
    rest = [p for p in network.parameters() if id(p) not in of_entry]
    if recipe.entry_lr == 0:
        for parameter in entry:
            parameter.requires_grad_(False)
        entry = []
    groups = [
        {"params": params, "lr": lr, "base_lr": lr, "weight_decay": recipe.weight_decay if decayed else 0.0}
        for parameters, lr in ((entry, recipe.entry_lr), (rest, recipe.lr))
        for params, decayed in (([p for p in parameters if p.ndim > 1], True), ([p for p in parameters if p.ndim <= 1], False))
        if params
    ]
    if recipe.optimizer == "adamw":
        return torch.optim.AdamW(groups, fused=True), [entry, rest]
    return torch.optim.RMSprop(groups), [entry, rest]


def append_row(path: Path, columns: list[str], row: list[object]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(columns)
        writer.writerow(row)


def _agreed(wish: bool) -> bool:
    """Rank 0's word on a matter of time, so that all ranks do the same at the same step."""
    if not dist.is_initialized():
        return wish
    flag = torch.tensor([int(wish)])
    dist.all_reduce(flag, op=dist.ReduceOp.MAX)
    return bool(flag.item())


class _interruptible:
    """Turn SIGINT and SIGTERM into a flag that is looked at between steps."""

    def __enter__(self) -> Callable[[], bool]:
        self._seen = False
        self._old = {number: signal.signal(number, self._note) for number in (signal.SIGINT, signal.SIGTERM)}
        return lambda: self._seen

    def _note(self, *_: object) -> None:
        self._seen = True

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)
