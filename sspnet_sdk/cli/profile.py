"""`sspnet-sdk profile`: measure this device anew and show what each frame rate would get."""

from __future__ import annotations

from pathlib import Path

import click

from sspnet_sdk.cli.options import backend_option, bundle_option, device_option, precision_option, threads_option


@click.command(name="profile", short_help="Measure this device anew for every frame rate.")
@precision_option
@backend_option
@device_option
@threads_option
@bundle_option
def command(precision: str, backend: str, device: str, threads: int | None, bundle: Path | None) -> None:
    """Measure the operating points of this device anew, and keep them for every `Estimator` with a frame rate.

    An `Estimator` does this by itself at its first use of a bundle. Run it again after the power mode or the cooling changed. It
    shows the points that no other beats in both latency and error, fastest first. A target frame rate chooses from these.
    """
    from sspnet_sdk.backends.choice import engines
    from sspnet_sdk.bundle import open_bundle
    from sspnet_sdk.cli.tables import show_table
    from sspnet_sdk.device import default_threads
    from sspnet_sdk.frame_rate.looks import choose_backend, choose_threads
    from sspnet_sdk.frame_rate.profile import Profile, settings_of
    from sspnet_sdk.frame_rate.rate import pareto_front
    from sspnet_sdk.options import check_precision

    opened = open_bundle(bundle)
    precisions = check_precision(precision, opened, choosing=True)
    profiles = [
        Profile(opened, count, refresh=True) for count in sorted({1, default_threads()} if threads is None else {threads})
    ]
    profile = profiles[-1]
    settings = settings_of(opened, engines(backend, device), precisions, opened.sizes)
    profile.measure(settings, lambda setting: click.echo(f"measuring {setting}", err=True))
    largest = [setting for setting in settings if setting.size == opened.sizes[-1]]
    fastest = choose_backend(profile, largest)
    settings = [setting for setting in settings if setting.backend == fastest]
    profile = choose_threads(profiles, next(setting for setting in largest if setting.backend == fastest))
    profile.measure(settings)
    front = pareto_front(profile.points(settings))
    click.echo(f"backend {fastest}, {profile.device['threads']} threads, {profile.device['cpu']}")
    rows = []
    for p in front:
        times = (f"{p.p50_ms:.2f}", f"{p.p95_ms:.2f}", f"{1000 / p.p50_ms:.0f}", f"{1000 / p.p95_ms:.0f}")
        rows.append((p.precision, str(p.input_size), str(p.cut), *times))
    if not profile.is_kept:
        click.echo("these timings are not kept: the cache folder cannot be written ($XDG_CACHE_HOME names another)", err=True)
    show_table(("precision", "size", "cut", "median_ms", "p95_ms", "fps", "fps_at_p95"), rows)
