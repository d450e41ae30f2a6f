"""`sspnet-sdk info`: the bundle, and the engines found here."""

from __future__ import annotations

import contextlib
import json
import shutil
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sspnet_sdk.cli.options import bundle_option
from sspnet_sdk.version import __version__

if TYPE_CHECKING:
    from sspnet_sdk.bundle import Bundle

_LABEL = 9  # columns
_NARROWEST, _WIDEST = 40, 110


@click.command(name="info", short_help="Show the bundle, and the engines found here.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@bundle_option
def command(as_json: bool, bundle: Path | None) -> None:
    """Show the bundle (joints, cuts, sizes, work, accuracy, licence), the engines that work here, and the default one."""
    from sspnet_sdk.bundle import open_bundle

    opened = open_bundle(bundle)
    engines = _engines()
    found = {
        "version": __version__,
        **engines,
        "bundle": _describe(opened),
        "default": _default(opened) if engines["backends"] else None,
    }
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)


def _engines() -> dict[str, Any]:
    from sspnet_sdk.backends import BACKENDS, installed, module
    from sspnet_sdk.device import default_threads, describe_device
    from sspnet_sdk.errors import BackendError

    versions, working, missing = installed(), [], []
    for name in BACKENDS:
        try:
            devices = {device: list(module(name).on(device).precisions) for device in module(name).devices()}
            working.append({"name": name, "version": versions.get(name, ""), "devices": list(devices), "precisions": devices})
        except BackendError as error:
            missing.append({"name": name, "why": str(error)})
    device = {"cpu": describe_device()["cpu"], "threads": default_threads()}
    return {"device": device, "backends": working, "missing": missing}


def _describe(bundle: Bundle) -> dict[str, Any]:
    manifest = bundle.manifest
    return {
        "name": bundle.name,
        "folder": str(bundle.folder),
        "bytes": sum(entry["bytes"] for entry in manifest["files"].values()),
        "created": manifest.get("created"),
        "joints": list(bundle.joint_names),
        "license": manifest.get("license"),
        "training_data": [str(entry) for entry in manifest.get("training_data") or []],
        "points": [
            {
                "cut": entry["cut"],
                "precision": precision,
                "size": size,
                "parameters": entry.get("parameters"),
                "macs": entry.get("macs", {}).get(str(size)),
                **bundle.accuracy(precision, size, entry["cut"]),
            }
            for entry in sorted(manifest["cuts"], key=lambda entry: entry["cut"])
            for precision in (*bundle.precisions, *bundle.engine_precisions)
            for size in bundle.sizes
        ],
    }


def _default(bundle: Bundle) -> dict[str, Any]:
    """The engine that is taken by itself, with the timings that decide it (measured at the first use of a bundle)."""
    from sspnet_sdk.backends.choice import engines
    from sspnet_sdk.device import default_threads
    from sspnet_sdk.frame_rate.looks import choose_backend
    from sspnet_sdk.frame_rate.profile import Profile, settings_of
    from sspnet_sdk.options import check_precision

    profile, size = Profile(bundle, default_threads()), bundle.sizes[-1]
    precisions = check_precision("auto", bundle, choosing=True)
    settings = settings_of(bundle, engines("auto", "auto"), precisions, [size])
    default, times = choose_backend(profile, settings), {}
    for setting in settings:
        with contextlib.suppress(KeyError):  # passed over, or alone and so not measured
            times[setting.label] = round(profile.first_ms(setting), 2)
    return {"backend": default, "cut": bundle.cuts[0], "size": size, "precision": precisions[0], "median_ms": times}


def _show(found: dict[str, Any]) -> None:
    from sspnet_sdk.cli.tables import show_table

    bundle, default = found["bundle"], found["default"]
    click.echo(f"sspnet-sdk {found['version']}")
    _line("device", f"{found['device']['cpu']}, {found['device']['threads']} threads")
    for backend in found["backends"]:
        _line("backend", f"{backend['name']} {backend['version']}: {', '.join(backend['devices'])}")
    for backend in found["missing"]:
        _line("backend", backend["why"])
    click.echo()
    _line("bundle", f"{bundle['name']} ({bundle['folder']}), {bundle['bytes'] / 1e6:.1f} MB, made {bundle['created'] or '?'}")
    _line("joints", f"{len(bundle['joints'])}: the body{', face and feet' if 'nose' in bundle['joints'] else ''}")
    _line("licence", bundle["license"] or "not stated")
    for number, data in enumerate(bundle["training_data"] or ["not stated"]):
        _line("" if number else "trained", data)
    show_table(("cut", "precision", "size", "parameters", "MACs", "PCK@0.2", "PA-MPJPE mm"), [_row(p) for p in bundle["points"]])
    if default is not None:
        click.echo()
        _line("default", _why(default))


def _row(point: dict[str, Any]) -> tuple[str, ...]:
    return (
        *(str(point["cut"]), point["precision"], str(point["size"])),
        f"{point['parameters'] / 1e6:.2f} M" if point["parameters"] else "-",
        f"{point['macs'] / 1e6:.0f} M" if point["macs"] else "-",
        f"{point['pck']:.3f}" if "pck" in point else "-",
        f"{point['pa_mpjpe_mm']:.1f}" if "pa_mpjpe_mm" in point else "-",
    )


def _why(default: dict[str, Any]) -> str:
    if len(default["median_ms"]) < 2:
        return f"{default['backend']}: the only one that works here"
    times = ", ".join(f"{name} {time:.1f} ms" for name, time in default["median_ms"].items())
    return f"{default['backend']}: fastest at cut {default['cut']}, {default['size']} px ({times})"


def _line(label: str, text: str) -> None:
    """A label and its text, which goes on below itself where the terminal ends."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    indent = " " * _LABEL
    lines = textwrap.wrap(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    click.echo(label.ljust(_LABEL) + "\n".join(lines or [""])[_LABEL:])
