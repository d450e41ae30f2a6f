"""Everything that one run of `predict` writes, and its end: complete, or not there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

from sspnet_sdk.capture import Capture
from sspnet_sdk.cli.interrupts import Interrupts
from sspnet_sdk.drawing.rerun_view import RerunView
from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.formats import Writer, open_writer
from sspnet_sdk.frame import Frame
from sspnet_sdk.overlay import IMAGE_SUFFIXES, OverlayPicture, OverlayPictures, OverlayVideo


class Outputs:
    """Hands each frame to every writer. However the `with` ends, files that took a frame are completed, others are not there.

    Args:
        sound: the source whose sound the overlay gets.
        keep_unsure: people who are not sure to be there are written too, marked as such.
        options: `layout` and `units` of `open_writer`.
    """

    def __init__(
        self, overlay: Path | None, targets: dict[str, Path], several: bool, video: bool, fps: float,
        keep_unsure: bool = False, options: Mapping[str, Any] = MappingProxyType({}), sound: Capture | None = None,
    ) -> None:  # fmt: skip
        self._writers: dict[Path, Writer] = {}
        self._written, self._keep_unsure = 0, keep_unsure
        self.failed = False
        self._interrupts = Interrupts()
        try:
            for name, path in targets.items():
                rerun = name == "rerun"
                self._writers[path] = RerunView(path) if rerun else open_writer(name, path, fps, keep_unsure=True, **options)
            if overlay is not None and video and overlay.suffix.lower() not in IMAGE_SUFFIXES:
                self._writers[overlay] = OverlayVideo(overlay, fps, sound)
            elif overlay is not None:
                self._writers[overlay] = OverlayPictures(overlay) if several else OverlayPicture(overlay)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> Outputs:
        self._interrupts.__enter__()
        return self

    def write(self, frame: Frame) -> None:
        """Give the frame to every writer. One that fails is given up and said so; without a writer left, its error is raised."""
        frame = frame if self._keep_unsure else frame.sure()
        with self._interrupts.held():
            for path, writer in list(self._writers.items()):
                try:
                    writer.write(frame)
                except (SSPNetError, OSError) as problem:
                    self._give_up(path, problem)
            self._written += 1

    def _give_up(self, path: Path, problem: SSPNetError | OSError) -> None:
        self._writers.pop(path).discard()
        if isinstance(problem, BrokenPipeError) or not self._writers:
            raise problem
        self.failed = True
        click.echo(f"Error: {problem}; the other files go on", err=True)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._interrupts.close()
        try:
            refused = self._close() if self._written else self._discard()
        finally:
            self._interrupts.__exit__()
        last = refused.pop() if refused and error is None else None
        for problem in refused:
            click.echo(f"Error: {problem}", err=True)
        if last is not None:
            raise last

    def _close(self) -> list[Exception]:
        """Complete every file, whatever becomes of the others. -> what refused; errors that are not ours come last."""
        refused: list[Exception] = []
        for target, writer in self._writers.items():
            try:
                writer.close()
                if not writer.files and not isinstance(writer, RerunView):
                    click.echo(f"{target} was not written: nobody was found", err=True)
                for path in writer.files:
                    if str(path) != "-":
                        click.echo(f"wrote {path}", err=True)
            except Exception as problem:
                refused.append(problem)
        return sorted(refused, key=lambda problem: not isinstance(problem, SSPNetError))

    def _discard(self) -> list[Exception]:
        for writer in self._writers.values():
            writer.discard()
        return []
