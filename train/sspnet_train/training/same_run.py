"""What a resumed run must have in common with the run that it goes on with, or its numbers mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sspnet_train.data.job_files import digest
from sspnet_train.errors import TrainingError
from sspnet_train.training.distributed import ranks_given
from sspnet_train.training.recipes import Recipe
from sspnet_train.training.run_folder import RunFolder
from sspnet_train.training.run_options import RunOptions


def check_same_run(folder: Path, recipe: Recipe, options: RunOptions, init: Path | None) -> None:
    """A run goes on with the recipe, seed, data sets, precision and ranks that it began with. It may become longer.

    Args:
        folder: of the run.
        recipe: as `prepared_recipe` gives it.
        options: to go on with.
        init: the checkpoint to start from, if one is named again.

    Raises:
        TrainingError: names the first difference.
    """
    began = RunFolder(folder).description()
    way = _difference(began, recipe, options, init)
    if way is not None:
        raise TrainingError(f"the run in {folder} began {way}, or choose another folder")


def _difference(began: dict[str, Any], recipe: Recipe, options: RunOptions, init: Path | None) -> str | None:
    """How a run began otherwise, and what to do about it."""
    was, then = began["recipe"], began["options"]
    if was["name"] != recipe.name or then["seed"] != options.seed:
        return f"with recipe {was['name']} and seed {then['seed']}; resume it with these"
    if (sets := sorted(was["shares"])) != (given := sorted(recipe.shares)):
        return f"with the data sets {', '.join(sets)}, not {', '.join(given)}; resume it with these"
    was_frozen = not (was["entry_lr"] or was.get("second_entry_lr"))
    switches = {
        "--freeze entry": (was_frozen, not (recipe.entry_lr or recipe.second_entry_lr)),
        "--bf16": (then.get("bf16", False), options.bf16),
        "--sync-batch-norm": (then.get("sync_batch_norm", False), options.sync_batch_norm),
    }
    for switch, (before, now) in switches.items():
        if before != now:
            return f"{'with' if before else 'without'} {switch}; resume it so"
    if (ranks := began.get("world", 1)) != (world := ranks_given()):
        return f"with {_counted(ranks)}, not {world}, and so with other batches; resume it with {_counted(ranks)}"
    if init is not None and "start" in began and began["start"] != digest(init):
        return f"from {'another checkpoint than' if began['start'] else 'nothing, not from'} {init}; resume it without init"
    return None


def _counted(ranks: int) -> str:
    return f"{ranks} rank{'' if ranks == 1 else 's'}"
