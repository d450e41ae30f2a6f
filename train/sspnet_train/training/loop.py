"""The training loop: one process, or several under `torchrun`; resumes exactly; may be killed at any moment."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from sspnet_train.data.sample import SampleSource
from sspnet_train.data.terms import training_data_note
from sspnet_train.errors import TrainingError
from sspnet_train.evaluation.scores import predict_cuts, score
from sspnet_train.network.checkpoint import load_network, read_checkpoint
from sspnet_train.network.model import CONFIGS, SSPNet, SSPNetConfig
from sspnet_train.training.batches import Batches
from sspnet_train.training.distributed import agreed, mean_over_ranks, rank_and_world
from sspnet_train.training.frame_before import frame_before
from sspnet_train.training.interruptible import interruptible
from sspnet_train.training.learning_rate import Plateau, rate_at
from sspnet_train.training.loader import loaded
from sspnet_train.training.losses import LabelCounts, Targets, label_counts, total_loss
from sspnet_train.training.moving_average import MovingAverage
from sspnet_train.training.optimizer import build_optimizer, take_over
from sspnet_train.training.recipes import Recipe
from sspnet_train.training.run_folder import RunFolder
from sspnet_train.training.run_options import RunOptions
from sspnet_train.training.sync_batch_norm import synchronise_batch_norm

Scores = dict[str, dict[int, dict[str, float]]]
"""Of one validation: data set -> cut -> measure -> value."""


def train(
    recipe: Recipe, sources: dict[str, SampleSource], validation: dict[str, SampleSource], folder: Path, options: RunOptions,
    *, init: Path | None = None, moments: Path | None = None, resume: bool = False,
    on_step: Callable[[int, int, float], None] | None = None,
    on_validation: Callable[[SSPNet, int, Scores], None] | None = None,
) -> SSPNet:  # fmt: skip
    """Train a network, and return it: its moving average where the recipe keeps one.

    Args:
        recipe: what is trained, and how.
        sources: training sets by name.
        validation: validation sets by name.
        folder: receives run.json (recipe, options, environment), log.csv, validation.csv, state.pt and checkpoint.safetensors.
        options: steps, seed, and how often to save and validate.
        init: a checkpoint to start from.
        moments: folder of a run whose optimizer is taken over, rates apart.
        resume: go on from state.pt in `folder`.
        on_step: called with the step, the number of steps, and the loss.
        on_validation: called with the network, the step, and scores by set and cut.

    Raises:
        TrainingError: there is nothing to resume, the folder holds a run that would be lost, the network does not fit, the loss
            or the weights are no finite numbers any more, or the system refuses to write.
        KeyboardInterrupt: on Ctrl-C and SIGTERM, after having saved.
    """
    files = RunFolder(folder)
    if resume:
        files.check_resumable()
    else:
        files.check_free()
    run = _Run(recipe, sources, validation, files, options, init, moments, resume, on_validation)
    with interruptible() as interrupted:
        if options.validate_first and run.next_step == 0:
            run.validate()
        for step, batch in run.batches():
            loss = run.step(step, *batch)
            if on_step is not None and run.is_main:
                on_step(step + 1, options.steps, loss)
            if agreed(interrupted()):
                run.save()
                raise KeyboardInterrupt
        run.validate()
        run.save()
        if agreed(interrupted()):
            raise KeyboardInterrupt
    run.network.load_state_dict(run.best_weights())
    return run.network


class _Run:
    def __init__(
        self, recipe: Recipe, sources: dict[str, SampleSource], validation: dict[str, SampleSource], files: RunFolder,
        options: RunOptions, init: Path | None, moments: Path | None, resume: bool,
        on_validation: Callable[[SSPNet, int, Scores], None] | None = None,
    ):  # fmt: skip
        self.recipe, self.validation, self.files, self.options = recipe, validation, files, options
        self.on_validation = on_validation
        self.rank, self.world = rank_and_world()
        self.is_main = self.rank == 0
        torch.manual_seed(options.seed)
        cuda = torch.cuda.is_available()
        self.device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0))) if cuda else torch.device("cpu")
        self.network = _fresh_network(recipe, init, files if resume else None)
        self.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        if options.sync_batch_norm and self.world > 1:
            synchronise_batch_norm(self.network, self.device)
        self.head_weights = recipe.head_weights(self.network.config)
        self.optimizer, self.groups = build_optimizer(self.network, recipe)
        self.average = MovingAverage(self.network, recipe.ema) if recipe.ema else None
        self.next_step, self.crops, self.validated_step, self.plateau = 0, 0, -1, Plateau(recipe.plateau_patience)
        self.losses: list[tuple[float, ...]] = []
        self.started_from = _started_from(files, init, resume)
        if resume:
            self._restore()
        elif moments is not None:
            take_over(self.optimizer, RunFolder(moments).load_state()["optimizer"], moments)
        if self.is_main and not resume:
            files.describe(recipe, options, self.network.config, self.started_from, init, self.world)
            self._notes()
            files.forget_tables()  # of a run that ended before its first save
        self.parallel: nn.Module = _Forward(self.network)
        if dist.is_initialized():
            self.parallel = DistributedDataParallel(self.parallel, find_unused_parameters=True)
        self.seed = options.seed + int(self.started_from.get("crops", 0))  # other crops than those that the start learnt from
        self.data = Batches(recipe, sources, options.steps, self.seed, self.rank, self.world, self.network.config.joints)
        self.saved = self.validated = time.monotonic()

    def batches(self) -> Iterator[tuple[int, tuple[Tensor, Targets]]]:
        order = range(self.next_step, self.options.steps)
        yield from zip(order, loaded(self.data, order, self.options.workers), strict=True)

    def step(self, step: int, image: Tensor, targets: Targets) -> float:
        rate = self.plateau.rate * rate_at(step, self.options.steps, self.recipe.warmup_steps, self.options.decay_from)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * rate
        image = image.to(self.device, memory_format=torch.channels_last)
        targets = Targets(*(value.to(self.device) for value in targets))
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.bf16):
            previous = self._previous(step, image, targets)
            set_modes(self.network, self.recipe)
            given, predictions = self.parallel(image, previous)
        counts = LabelCounts(*mean_over_ranks(torch.stack(label_counts(targets))))
        loss, heads = total_loss(
            predictions,
            given,
            targets,
            self.head_weights,
            self.recipe.confidence,
            counts,
            self.recipe.missed,
            self.recipe.located,
            self.recipe.consistency,
        )
        means = mean_over_ranks(torch.tensor([loss.item(), *heads], dtype=torch.float64)).tolist()
        if not math.isfinite(means[0]):
            raise TrainingError(f"the loss of step {step + 1} is no finite number: {self._ended()}")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if self.recipe.clip:
            for parameters in self.groups:
                nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
        self.optimizer.step()
        self.next_step, self.crops = step + 1, self.crops + len(image) * self.world
        if self.average:
            self.average.update(self.network, step)
        self._log(step, image.shape[2], means[0], means[1:])
        self._housekeeping()
        return means[0]

    def _previous(self, step: int, image: Tensor, targets: Targets) -> Tensor | None:
        if self.network.previous is None or not self.recipe.previous:
            return None
        self.network.eval()
        return frame_before(self.network, image, targets, self.recipe.previous, (self.seed, step, self.rank))

    def _log(self, step: int, size: int, loss: float, heads: list[float]) -> None:
        levels, pyramids = self.network.config.levels, self.network.config.pyramids
        self.losses.append((loss, *(heads[(k + 1) * levels - 1] for k in range(pyramids))))
        if self.is_main and (step + 1) % 20 == 0:
            columns = ["step", "crops", "size", "loss", *(f"head_{k + 1}" for k in range(pyramids))]
            means = torch.tensor(self.losses).mean(dim=0).tolist()
            self.files.log(columns, [step + 1, self.crops, size, *(f"{mean:.5f}" for mean in means)])
        if (step + 1) % 20 == 0:
            self.losses.clear()

    def _housekeeping(self) -> None:
        now, options = time.monotonic(), self.options
        late = agreed(now - self.validated > 60 * options.validate_minutes)
        if self.next_step % options.validate_steps == 0 if options.validate_steps else late:
            self.validate()
            self.validated = time.monotonic()
        late = agreed(now - self.saved > 60 * options.save_minutes)
        if late or (options.save_steps and self.next_step % options.save_steps == 0):
            self.save()
            self.saved = time.monotonic()

    def best_weights(self) -> dict[str, Tensor]:
        """The moving average where the recipe keeps one."""
        return self.average.weights if self.average else self.network.state_dict()

    def _check_weights(self) -> None:
        """Weights that no longer are numbers must not replace those that were saved before."""
        if not all(bool(value.isfinite().all()) for value in self.network.state_dict().values()):
            raise TrainingError(f"weights after step {self.next_step} are no finite numbers: {self._ended()}")

    def _ended(self) -> str:
        return f"the run ends, {self.files.path} stays as it was saved before; a smaller rate or other labels may help"

    def save(self) -> None:
        if not self.is_main:
            return
        self._check_weights()
        state = {
            "step": self.next_step, "crops": self.crops, "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(), "plateau": asdict(self.plateau),
            "average": self.average.weights if self.average else None, "losses": self.losses,
            "validated_step": self.validated_step, "bodies": self.network.bodies,
        }  # fmt: skip
        self.files.save_state(state)
        self.files.save_checkpoint(self.network.config, self.best_weights(), self._notes(), self.network.bodies)

    def _notes(self) -> dict[str, str]:
        """What a checkpoint says of itself: crops and terms of the checkpoint that it started from are in its own."""
        before = self.started_from
        inherited = {"license": before["license"]} if "license" in before else {}
        return inherited | {
            "recipe": self.recipe.name,
            "step": str(self.next_step),
            "crops": str(int(before.get("crops", 0)) + self.crops),
            "data": ",".join(sorted(self.recipe.shares)),
            "training_data": training_data_note(sorted(self.recipe.shares), before.get("training_data", "[]")),
        }

    def _restore(self) -> None:
        state = self.files.load_state()
        self.next_step, self.crops = int(state["step"]), int(state["crops"])
        if self.next_step > self.options.steps:
            raise TrainingError(
                f"the run in {self.files.path} has made {self.next_step} steps already, more than {self.options.steps}"
            )
        self.network.load_state_dict(state["network"])
        self.network.bodies = dict(state.get("bodies", {}))
        take_over(self.optimizer, state["optimizer"], self.files.path)
        self.plateau = Plateau(**state["plateau"])
        self.losses = [tuple(row) for row in state.get("losses", [])]
        self.validated_step = int(state.get("validated_step", -1))
        if self.is_main:
            self.files.forget_rows_after(self.next_step)
            self.files.go_on_with(self.options)
        if self.average and state["average"]:
            self.average.weights = {key: value.to(self.device) for key, value in state["average"].items()}

    def validate(self) -> None:
        """Score the moving average on every validation set; rank 0 does it, the others wait."""
        if self.validated_step == self.next_step:
            return
        self.validated_step = self.next_step
        if self.is_main:
            self._check_weights()
            network = SSPNet(self.network.config).to(self.device)
            network.load_state_dict(self.best_weights())
            network.bodies = self.network.bodies
            scores = {name: self._score(network, name, source) for name, source in self.validation.items()}
            if (found := mean_pck(scores)) is not None:
                self.plateau.observe(-found)
            if self.on_validation is not None:
                self.on_validation(network, self.next_step, scores)
        if dist.is_initialized():
            rate = torch.tensor([self.plateau.rate], dtype=torch.float64)
            dist.broadcast(rate, 0)
            self.plateau.rate = rate.item()

    def _score(self, network: SSPNet, name: str, source: SampleSource) -> dict[int, dict[str, float]]:
        cuts = [0] if network.config.entry == "movenet" else []
        cuts += [k for k in (2, 4, 8) if k <= network.config.pyramids]
        found = predict_cuts(network, source, self.options.validate_size, cuts, limit=self.options.validate_limit)
        scores = {cut: {key: round(value, 4) for key, value in score(found, cut).items()} for cut in cuts}
        for cut in cuts:
            told = json.dumps(scores[cut])
            self.files.log_scores(self.next_step, self.crops, name, self.options.validate_size, cut, told)
        return scores


def mean_pck(scores: Scores) -> float | None:
    """Of the last cut, over the sets in which somebody has a joint to be scored by; None where no set has."""
    of_sets = [by_cut[max(by_cut)]["pck"] for by_cut in scores.values()]
    known = [pck for pck in of_sets if math.isfinite(pck)]
    return sum(known) / len(known) if known else None


def _fresh_network(recipe: Recipe, init: Path | None, resumed: RunFolder | None) -> SSPNet:
    """As the recipe or the checkpoint to start from says; a resumed run's network has the shape that it began with."""
    if resumed is not None:
        return SSPNet(SSPNetConfig.from_dict(resumed.description()["config"]))
    return SSPNet(CONFIGS[recipe.config]) if init is None else load_network(init)


def _started_from(files: RunFolder, init: Path | None, resume: bool) -> dict[str, str]:
    """Notes of the checkpoint that a run began from; none, where it began from nothing."""
    if resume:
        return files.description().get("started_from", {})
    return {} if init is None else read_checkpoint(init)[2]


def set_modes(network: SSPNet, recipe: Recipe) -> None:
    """Which batch norms learn statistics, as the recipe says; the others normalise by those that they have."""
    network.train(not recipe.fixed_statistics and not recipe.fresh_from)
    second = network.second_entry
    if recipe.fixed_entry_statistics:
        network.entry.eval()
        if second is not None:
            second.eval()
    if recipe.fresh_from:
        for pyramid in network.pyramids[recipe.fresh_from - 1 :]:
            pyramid.train()
        if second is not None:
            for projection in (second.to_level0, second.to_level1, second.to_level2):
                projection.train()


class _Forward(nn.Module):
    """Entry and pyramids in one forward, as DistributedDataParallel wants it."""

    def __init__(self, network: SSPNet):
        super().__init__()
        self.network = network

    def forward(self, image: Tensor, previous: Tensor | None):
        return self.network.answers(image, previous=previous)
