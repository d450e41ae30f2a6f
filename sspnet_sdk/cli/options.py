"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

data_option = click.option(
    "--data",
    multiple=True,
    required=True,
    metavar="[NAME=]FOLDER",
    help="A data set, as human36m=/data/h36m. Without a name, its content says which it is. May be repeated.",
)

DEVICES = ("auto", "cpu", "gpu", "npu", "cuda", "tensorrt", "directml", "coreml")
BACKENDS = click.Choice(["auto", "onnxruntime", "openvino"])


class Numbers(click.ParamType):
    """A comma-separated list of whole numbers, as 2,4,8."""

    name = "N,N,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers, in the order given."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(int(part) for part in value.split(","))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 2,4,8", param, ctx)
        if min(numbers) < 1:
            self.fail(f"{value!r}: the numbers start from 1", param, ctx)
        return numbers


class FourNumbers(click.ParamType):
    """Four numbers, comma-separated.

    Args:
        name: of each, as X,Y,W,H.
        what: they are, for the error.
        example: of such numbers.
        positive: so many of the first must be above 0.
    """

    def __init__(self, name: str, what: str, example: str, positive: int = 0) -> None:
        self.name, self._what, self._example, self._positive = name, what, example, positive

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(float(part) for part in value.split(","))
        except ValueError:
            numbers = ()
        if len(numbers) != 4 or not all(number > 0 for number in numbers[: self._positive]):
            wanted = f"give {self.name.lower()} in pixels, such as {self._example}"
            self.fail(f"{value!r} is not {self._what}: {wanted}", param, ctx)
        return numbers


BOX = FourNumbers("X,Y,W,H", "a box", "120,40,200,380")
CAMERA = FourNumbers("FX,FY,CX,CY", "a camera", "1400,1400,960,540", positive=2)

bundle_option: Decorator = click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Folder of a bundle made by `sspnet-sdk export`.  [default: the one in the package]",
)
backend_option: Decorator = click.option(
    "--backend",
    type=BACKENDS,
    default="auto",
    show_default=True,
    help="Inference engine. auto takes the one that is faster here.",
)
precision_option: Decorator = click.option(
    "--precision", default="auto", show_default=True, help="One of the bundle's, or bf16 or fp16 where the engine computes in it."
)
device_option: Decorator = click.option(
    "--device", type=click.Choice(DEVICES), default="auto", show_default=True, help="What runs the network (docs/devices.md)."
)
threads_option: Decorator = click.option(
    "--threads", type=click.IntRange(min=1), help="Threads for the network.  [default: the cores that may be used]"
)


def estimator_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `Estimator` takes, by the same names."""
    options: list[Decorator] = [
        click.option(
            "--target-fps", type=float, metavar="FPS", help="Hold this frame rate with the best operating point for it."
        ),
        click.option("--deadline-ms", type=float, metavar="MS", help="Answer every frame within this time, as well as possible."),
        click.option("--cut", type=int, metavar="K", help="Run K pyramids, however long they take.  [default: all that fit]"),
        click.option(
            "--input-size",
            type=int,
            metavar="PX",
            help="Side of the crop that the network sees.  [default: the largest that fits]",
        ),
        precision_option,
        backend_option,
        device_option,
        threads_option,
        bundle_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command
