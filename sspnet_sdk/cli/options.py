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
    help="A data set, as human36m=/data/h36m; without a name it is recognised by what lies in it. Again for more.",
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


class BoxType(click.ParamType):
    """A box as x,y,w,h in pixels."""

    name = "X,Y,W,H"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Four numbers."""
        if isinstance(value, tuple):
            return value
        try:
            box = tuple(float(part) for part in value.split(","))
        except ValueError:
            box = ()
        if len(box) != 4:
            self.fail(f"{value!r} is not a box: give x,y,w,h in pixels, such as 120,40,200,380", param, ctx)
        return box


class CameraType(click.ParamType):
    """A camera's intrinsics as fx,fy,cx,cy in pixels."""

    name = "FX,FY,CX,CY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Four numbers, the focal lengths positive."""
        if isinstance(value, tuple):
            return value
        try:
            camera = tuple(float(part) for part in value.split(","))
        except ValueError:
            camera = ()
        if len(camera) != 4 or min(camera[:2]) <= 0:
            self.fail(f"{value!r} is not a camera: give fx,fy,cx,cy in pixels, such as 1400,1400,960,540", param, ctx)
        return camera


bundle_option: Decorator = click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    help="Folder of a bundle made by `sspnet-sdk export`.  [default: the one in the package]",
)
backend_option: Decorator = click.option(
    "--backend", type=BACKENDS, default="auto", show_default=True, help="Inference engine; auto takes the faster one here."
)
precision_option: Decorator = click.option(
    "--precision", default="auto", show_default=True, help="One of the bundle's, or bf16 or fp16 where the engine computes in it."
)
device_option: Decorator = click.option(
    "--device", type=click.Choice(DEVICES), default="auto", show_default=True, help="What runs the network; see docs/devices.md."
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
        click.option("--deadline-ms", type=float, metavar="MS", help="Answer every frame within this time, as well as can be."),
        click.option("--cut", type=int, metavar="K", help="Run K pyramids, whatever it takes."),
        click.option("--input-size", type=int, metavar="PX", help="Side of the crop that the network sees."),
        precision_option,
        backend_option,
        device_option,
        threads_option,
        bundle_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command
