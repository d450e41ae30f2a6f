"""`sspnet-sdk bench`: every cut, size, precision and backend, timed on this device."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sspnet_sdk.cli.options import BACKENDS, Numbers, bundle_option, device_option, threads_option

if TYPE_CHECKING:
    from sspnet_sdk.bundle import Bundle
    from sspnet_sdk.frame_rate.rate import OperatingPoint
    from sspnet_sdk.measuring.benchmark import FinderTime, Measured

_HEADER = ("backend", "precision", "size", "cut", "median_ms", "p95_ms", "fps", "pck", "pa_mpjpe_mm")


@click.command(name="bench", short_help="Time every cut, size and backend on this device.")
@click.option("--cuts", type=Numbers(), default=(), help="Only these, as 2,8.")
@click.option("--sizes", type=Numbers(), default=(), help="Only these, as 128,256.")
@click.option("--precision", "precisions", multiple=True, help="Only this one; may be repeated.")
@click.option("--backend", type=BACKENDS, default="auto", help="Only this one.  [default: all that are installed]")
@device_option
@click.option("--repeat", type=click.IntRange(1, 1000), default=1, show_default=True, help="Rounds; their median is shown.")
@click.option("--csv", "csv_path", type=click.Path(path_type=Path), help="CSV too; - writes it to standard output instead.")
@click.option("--plot", type=click.Path(path_type=Path), help="Error against frames per second, as .png, .svg or .pdf.")
@click.option("--peers", type=click.Path(path_type=Path), help="Mark these too: a CSV with name, fps, pck, pa_mpjpe_mm.")
@threads_option
@bundle_option
def command(
    cuts: tuple[int, ...],
    sizes: tuple[int, ...],
    precisions: tuple[str, ...],
    backend: str,
    device: str,
    repeat: int,
    csv_path: Path | None,
    plot: Path | None,
    peers: Path | None,
    threads: int | None,
    bundle: Path | None,
) -> None:
    """Time the network on this device: median, 95th percentile and frames per second for one crop.

    The rows "find" are one run of the finder over a whole picture, which a frame pays for where a person is not known yet.
    Cropping, decoding and drawing are not in these times (about a millisecond).
    """
    from sspnet_sdk.backends.choice import engines
    from sspnet_sdk.bundle import open_bundle
    from sspnet_sdk.errors import OptionError
    from sspnet_sdk.files.staging import refuse_unwritable
    from sspnet_sdk.measuring.benchmark import measure
    from sspnet_sdk.measuring.peers import read_peers
    from sspnet_sdk.measuring.plot import check_plot, plot_error_against_speed

    if peers is not None and plot is None:
        raise OptionError("--peers are marked in a plot: give --plot too")
    if plot is not None and plot == csv_path:
        raise OptionError(f"two results would go to {plot}: choose another name")
    opened, marked = open_bundle(bundle), [] if peers is None else read_peers(peers)
    if plot is not None:
        check_plot(plot, opened)
    if csv_path is not None and str(csv_path) != "-":
        refuse_unwritable(csv_path)
    measured = measure(
        opened,
        backends=engines(backend, device),
        sizes=sizes,
        cuts=cuts,
        precisions=precisions,
        threads=threads,
        repeat=repeat,
        progress=lambda setting: click.echo(f"measuring {setting}", err=True),
    )
    _show(_rows(measured, opened), csv_path)
    if plot is not None:
        plot_error_against_speed(measured.points, opened, plot, marked)
        click.echo(f"wrote {plot}", err=True)


def _rows(measured: Measured, bundle: Bundle) -> list[tuple[str, ...]]:
    rows = []
    for point in measured.points:
        stated = bundle.accuracy(point.precision, point.input_size, point.cut)
        accuracy = [f"{stated[name]:.{digits}f}" if name in stated else "-" for name, digits in (("pck", 3), ("pa_mpjpe_mm", 1))]
        rows.append((*_timed(point, str(point.cut)), *accuracy))
    return rows + [(*_timed(finder, "find"), "-", "-") for finder in measured.finders]


def _timed(point: OperatingPoint | FinderTime, what: str) -> tuple[str, ...]:
    times = (f"{point.p50_ms:.2f}", f"{point.p95_ms:.2f}", f"{1000 / point.p50_ms:.0f}")
    return (point.backend, point.precision, str(point.input_size), what, *times)


def _show(rows: list[tuple[str, ...]], csv_path: Path | None) -> None:
    from sspnet_sdk.cli.tables import show_table
    from sspnet_sdk.files.staging import write_text

    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_HEADER, *([cell if cell != "-" else "" for cell in row] for row in rows)])
    if str(csv_path) != "-":
        show_table(_HEADER, rows)
    if csv_path is not None:
        write_text(csv_path, text.getvalue())
        if str(csv_path) != "-":
            click.echo(f"wrote {csv_path}", err=True)
