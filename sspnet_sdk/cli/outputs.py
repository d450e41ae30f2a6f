"""Everything that one run of `predict` writes, and its end: complete, or not there."""

from __future__ import annotations

from pathlib import Path

import click

from sspnet_sdk.cli.interrupts import Interrupts
from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.formats import Writer, open_writer
from sspnet_sdk.frame import Frame
from sspnet_sdk.overlay import OverlayPicture, OverlayPictures, OverlayVideo
from sspnet_sdk.rerun_view import RerunView

_NO_FILES = ("-", "viewer")


class Outputs:
    """Hands each frame to every writer. However the `with` ends, files that took a frame are completed, others are not there."""

    def __init__(
        self, overlay: Path | None, targets: dict[str, Path], several: bool, video: bool, fps: float, live: bool
    ) -> None:
        self._writers: dict[Path, Writer] = {}
        self._written = 0
        self._interrupts = Interrupts()
        try:
            for name, path in targets.items():
                self._writers[path] = RerunView(path) if name == "rerun" else open_writer(name, path, fps)
            if overlay is not None and video:
                self._writers[overlay] = OverlayVideo(overlay, fps, keep_time=live)
            elif overlay is not None:
                self._writers[overlay] = OverlayPictures(overlay) if several else OverlayPicture(overlay)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> Outputs:
        self._interrupts.__enter__()
        return self

    def write(self, frame: Frame) -> None:
        """Give the frame to every writer; one that fails is given up, and its error raised."""
        with self._interrupts.held():
            for path, writer in list(self._writers.items()):
                try:
                    writer.write(frame)
                except (SSPNetError, OSError):
                    self._writers.pop(path).discard()
                    raise
            self._written += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._interrupts.close()
        try:
            refused = self._close() if self._written else self._discard()
        finally:
            self._interrupts.__exit__()
        if refused and error is None:
            raise refused[0]
        for problem in refused:
            click.echo(f"Error: {problem}", err=True)

    def _close(self) -> list[SSPNetError]:
        refused = []
        for path, writer in self._writers.items():
            try:
                writer.close()
                if str(path) not in _NO_FILES:
                    click.echo(f"wrote {path}", err=True)
            except SSPNetError as problem:
                refused.append(problem)
        return refused

    def _discard(self) -> list[SSPNetError]:
        for writer in self._writers.values():
            writer.discard()
        return []
