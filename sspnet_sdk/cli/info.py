"""`sspnet-sdk info`: the bundle, and the engines found here."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sspnet_sdk.cli.options import bundle_option
from sspnet_sdk.version import __version__

if TYPE_CHECKING:
    from sspnet_sdk.bundle import Bundle


@click.command(name="info", short_help="Show the bundle, and the engines found here.")
@bundle_option
def command(bundle: Path | None) -> None:
    """Show the bundle (cuts, sizes, work, accuracy, licence) and which inference engines work here, and which is the default."""
    from sspnet_sdk.bundle import open_bundle

    click.echo(f"sspnet-sdk {__version__}")
    working = _show_backends()
    click.echo()
    opened = open_bundle(bundle)
    _show_bundle(opened)
    if working:
        click.echo()
        _show_default(opened)


def _show_backends() -> list[str]:
    from sspnet_sdk.backends import BACKENDS, installed, module
    from sspnet_sdk.device import default_threads, describe_device
    from sspnet_sdk.errors import BackendError

    click.echo(f"device   {describe_device()['cpu']}, {default_threads()} threads")
    versions, working = installed(), []
    for name in BACKENDS:
        try:
            devices = ", ".join(module(name).devices())
            click.echo(f"backend  {name} {versions.get(name, '')}: {devices}")
            working.append(name)
        except BackendError as error:
            click.echo(f"backend  {error}")
    return working


def _show_bundle(bundle: Bundle) -> None:
    from sspnet_sdk.cli.tables import show_table

    manifest = bundle.manifest
    megabytes = sum(entry["bytes"] for entry in manifest["files"].values()) / 1e6
    click.echo(f"bundle   {bundle.name} ({bundle.folder}), {megabytes:.1f} MB, made {manifest.get('created', '?')}")
    click.echo(f"licence  {manifest.get('license') or 'not stated'}")
    click.echo(f"trained  {', '.join(map(str, manifest.get('training_data') or [])) or 'not stated'}")
    rows = []
    for entry in sorted(manifest["cuts"], key=lambda entry: entry["cut"]):
        for precision in bundle.precisions:
            for size in bundle.sizes:
                stated = bundle.accuracy(precision, size, entry["cut"])
                work = entry.get("macs", {}).get(str(size))
                rows.append(
                    (
                        *(str(entry["cut"]), precision, str(size)),
                        f"{entry['parameters'] / 1e6:.2f} M" if entry.get("parameters") else "-",
                        f"{work / 1e6:.0f} M" if work else "-",
                        f"{stated['pck']:.3f}" if "pck" in stated else "-",
                        f"{stated['pa_mpjpe_mm']:.1f}" if "pa_mpjpe_mm" in stated else "-",
                    )
                )
    show_table(("cut", "precision", "size", "parameters", "MACs", "PCK@0.2", "PA-MPJPE mm"), rows)


def _show_default(bundle: Bundle) -> None:
    """The engine that is taken by itself, with the timings that decide it (measured at the first use of a bundle)."""
    from sspnet_sdk.backends.choice import engines
    from sspnet_sdk.device import default_threads
    from sspnet_sdk.profile import Profile, Setting, choose_backend

    profile, precision, size = Profile(bundle, default_threads()), bundle.precisions[0], bundle.sizes[-1]
    names = engines("auto", "auto")
    default = choose_backend(profile, precision, size, names)
    times = []
    for name in names:
        with contextlib.suppress(KeyError):  # passed over, or alone and so not measured
            times.append(f"{name} {profile.points([Setting(name, precision, size)])[-1].p50_ms:.1f} ms")
    if len(times) < 2:
        click.echo(f"default  {default}: the only one that works here")
        return
    click.echo(f"default  {default}: fastest at cut {bundle.cuts[-1]}, {size} px ({', '.join(times)})")
