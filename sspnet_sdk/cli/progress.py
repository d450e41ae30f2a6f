"""How far a long run is, on standard error: one line that renews itself on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time

import click

from sspnet_sdk.frame import Frame

_TERMINAL_EVERY_S, _LOG_EVERY_S = 0.2, 10.0


class Progress:
    """Counts what is done; `count` is how many there will be, None if nobody knows; `what` they are: frames or pictures."""

    def __init__(self, count: int | None, what: str = "frames") -> None:
        self._count, self._what, self._done, self._with_people = count, what, 0, 0
        self._terminal = sys.stderr.isatty()
        self._begin = self._said = time.monotonic()
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()
        elapsed = time.monotonic() - self._begin
        if self._done > 1:
            rate = self._done / max(elapsed, 1e-6)
            click.echo(
                f"{self._done} {self._what} in {elapsed:.1f} s ({rate:.1f} per second), people in {self._with_people} of them",
                err=True,
            )
        elif self._done == 1 and not self._with_people:
            click.echo("no person was found with certainty", err=True)

    def advance(self, frame: Frame) -> None:
        """One frame more is done."""
        self._done += 1
        self._with_people += any(not person.pose.unsure for person in frame.people)
        now = time.monotonic()
        if now - self._said < (_TERMINAL_EVERY_S if self._terminal else _LOG_EVERY_S):
            return
        self._said = now
        line = self._line(frame, now)
        if self._terminal:
            self._clear()
            click.echo(line, nl=False, err=True)
            self._width = len(line)
        else:
            click.echo(line, err=True)

    def say(self, line: str) -> None:
        """A line that stays."""
        self._clear()
        click.echo(line, err=True)

    def _line(self, frame: Frame, now: float) -> str:
        total = f"/{self._count}" if self._count else ""
        parts = [f"{self._done}{total} {self._what}"]
        if frame.fps is not None:
            parts.append(f"{frame.fps:.1f} FPS")
        if frame.people:
            first = frame.people[0].pose
            parts.append(f"cut {first.cut}, {first.latency_ms:.1f} ms")
        if self._count:
            left = (now - self._begin) / self._done * max(self._count - self._done, 0)
            parts.append(f"{left:.0f} s left")
        return "  ".join(parts)

    def _clear(self) -> None:
        if self._width:
            click.echo("\r" + " " * self._width + "\r", nl=False, err=True)
            self._width = 0
