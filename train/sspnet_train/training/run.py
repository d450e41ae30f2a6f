"""`sspnet-sdk train` as a function: data sets by name and place, a recipe by name, a folder for everything that comes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from sspnet_train.data.catalog import common_definition, mixing_shares, open_split, validation_sets, with_people
from sspnet_train.data.sample import SampleSource
from sspnet_train.errors import TrainingError, TrainingOptionError
from sspnet_train.evaluation.overlays import write_overlays
from sspnet_train.network.model import SSPNet
from sspnet_train.network.shipped import shipped
from sspnet_train.network.weight_file import refuse_folder
from sspnet_train.training.distributed import torchrun_ranks
from sspnet_train.training.loader import check_workers
from sspnet_train.training.loop import RunOptions, Scores, train
from sspnet_train.training.recipes import GO_ON, RECIPES, Recipe
from sspnet_train.training.run_display import RunDisplay
from sspnet_train.training.run_folder import RunFolder
from sspnet_train.training.same_run import check_same_run

MOST_STEPS_UNVALIDATED = 2000


def run_training(
    data: Mapping[str, Path | str],
    folder: Path,
    steps: int,
    *,
    recipe: str = "edge",
    init: Path | str | None = None,
    moments: Path | None = None,
    resume: bool = False,
    freeze: Sequence[str] = (),
    seed: int = 0,
    workers: int = 0,
    validate_steps: int | None = None,
    bf16: bool = False,
    sync_batch_norm: bool = False,
    quiet: bool = False,
) -> Path:
    """Train, and return the checkpoint's path.

    Under `torchrun` the ranks work together, and `recipe.batch` is the batch of each rank.

    Args:
        data: data set's name (`data.catalog.READERS`) -> folder.
        folder: receives run.json, log.csv, validation.csv, overlays/, state.pt, checkpoint.safetensors, and tensorboard/ if it is
            installed.
        steps: batches to train on. A resumed run may have more than it began with; its rate then falls as late as in a run of
            that length.
        recipe: a name of `recipes.RECIPES`.
        init: a checkpoint to start from, or "default" for the shipped one. Only the recipe "paper" begins from nothing.
        moments: folder of a run of this recipe that led to `init`. Its optimizer is taken over: a fresh one first loses what was
            won.
        resume: go on with the run in `folder`, with the recipe, seed, data sets, frozen parts, precision and number of ranks that
            it began with.
        freeze: parts that keep their weights: "entry".
        seed: decides weights, crops and their order. From a checkpoint, other crops are drawn than those that it learnt from.
        workers: processes that load pictures; 0 loads in this one.
        validate_steps: steps between validations; by default a tenth of the run, at most 2000.
        bf16: compute in bfloat16.
        sync_batch_norm: batch statistics over all ranks together.
        quiet: show no progress.

    Raises:
        TrainingError: a request that makes no sense, such as an unknown recipe.
        DataError: a data set that is missing or malformed.
        KeyboardInterrupt: on Ctrl-C and SIGTERM, after having saved.
    """
    chosen = prepared_recipe(recipe, data, freeze)
    start = checkpoint_of(init)
    if start is None and recipe in GO_ON and not resume:
        raise TrainingOptionError(
            f"the recipe {recipe} goes on from trained weights: give the checkpoint to start from too (init), or `default`"
        )
    check_workers(workers)
    if moments is not None:
        _check_moments(moments, init, resume)
    every = validate_steps or max(1, min(MOST_STEPS_UNVALIDATED, steps // 10))
    options = RunOptions(
        steps, seed, None if chosen.plateau_patience else int(chosen.decay_from * steps), validate_steps=every, save_steps=every,
        validate_size=max(chosen.size_shares), validate_first=init is not None, workers=workers, bf16=bf16,
        sync_batch_norm=sync_batch_norm,
    )  # fmt: skip
    if resume:
        check_same_run(folder, chosen, options, start)
    training, validation = open_sets(data)
    with torchrun_ranks() as rank, RunDisplay(folder, quiet=quiet or rank > 0) as display:

        def on_validation(network: SSPNet, step: int, scores: Scores) -> None:
            display.scores(step, scores)
            if validation:
                write_overlays(network, validation, options.validate_size, folder / "overlays", step)

        train(
            chosen, training, validation, folder, options, init=start, moments=moments, resume=resume,
            on_step=display.step, on_validation=on_validation,
        )  # fmt: skip
    return RunFolder(folder).checkpoint


def prepared_recipe(name: str, data: Mapping[str, Path | str], freeze: Sequence[str] = ()) -> Recipe:
    """The recipe of that name, set up for a run.

    Args:
        name: of `recipes.RECIPES`.
        data: data sets to mix, by name.
        freeze: parts that keep their weights: "entry".

    Raises:
        TrainingOptionError: no such recipe or part, or no data set with people in it.
    """
    if name not in RECIPES:
        raise TrainingOptionError(f"no recipe is called {name!r}; choose from {', '.join(RECIPES)}")
    if set(freeze) - {"entry"}:
        raise TrainingOptionError(
            f"cannot freeze {', '.join(sorted(set(freeze) - {'entry'}))}: only the entry flow (entry) can be frozen"
        )
    if not with_people(data):
        raise TrainingOptionError("no data set with people in it: give at least one")
    recipe = replace(RECIPES[name], shares=mixing_shares(data, RECIPES[name].shares))
    return replace(recipe, entry_lr=0.0, second_entry_lr=0.0, fixed_entry_statistics=True) if freeze else recipe


def open_sets(data: Mapping[str, Path | str]) -> tuple[dict[str, SampleSource], dict[str, SampleSource]]:
    """Training and validation sets by name, with the joints of all sets in one definition.

    A set without validation people is missing among the validation sets.
    """
    definition = common_definition(data)
    training = {name: open_split(name, place, "train", definition) for name, place in data.items()}
    return training, validation_sets(data, definition)


def checkpoint_of(init: Path | str | None) -> Path | None:
    """The checkpoint that a run starts from; "default" is the one that the shipped bundle was made of.

    Raises:
        TrainingError: there is no such file, or it is a folder.
    """
    if init is None:
        return None
    path = shipped("edge") if str(init) == "default" else Path(init)
    if path is None:
        raise TrainingError("the default checkpoint is missing: install sspnet-sdk again, or name a checkpoint")
    refuse_folder(path, "checkpoint")
    if not path.is_file():
        raise TrainingError(f"no checkpoint at {path}")
    return path


def _check_moments(run: Path, init: Path | str | None, resume: bool) -> None:
    if resume:
        raise TrainingOptionError("a run that is resumed has moments of its own: leave moments out")
    if init is None:
        raise TrainingOptionError("moments belong to trained weights: give the checkpoint to start from too (init)")
    if not RunFolder(run).has_state:
        raise TrainingOptionError(f"{run} is no folder of a run: moments come from its state.pt")
