"""Training: what `sspnet-sdk train` does, as a function."""

from sspnet_train.training.run import run_training

__all__ = ["run_training"]
