"""A run as one watches it: a progress bar, and TensorBoard where it is installed."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any

from tqdm import tqdm

EVERY = 20


class RunDisplay:
    """`step` and `scores` are what `loop.train` calls. A quiet display writes to TensorBoard only if it is rank 0's."""

    def __init__(self, folder: Path, quiet: bool = False):
        self.folder, self.quiet = folder, quiet
        self._bar: tqdm[Any] | None = None
        self._board: Any = None

    def __enter__(self) -> RunDisplay:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar is not None:
            self._bar.close()
        if self._board is not None:
            self._board.close()

    def step(self, done: int, steps: int, loss: float) -> None:
        if self._bar is None:
            self._bar = tqdm(total=steps, initial=done - 1, unit="step", disable=self.quiet, dynamic_ncols=True)
            self._board = _tensorboard(self.folder / "tensorboard", done)
        self._bar.update(done - self._bar.n if not self.quiet else 0)
        if done % EVERY == 0:
            self._bar.set_postfix(loss=f"{loss:.4f}")
            self._scalar("loss", loss, done)

    def scores(self, step: int, scores: dict[str, dict[int, dict[str, float]]]) -> None:
        for name, by_cut in scores.items():
            for cut, measures in by_cut.items():
                for measure, value in measures.items():
                    self._scalar(f"{name}/{measure}/cut {cut}", value, step)
            if not self.quiet:
                best = "  ".join(f"cut {cut} {measures['pck']:.3f}" for cut, measures in by_cut.items())
                tqdm.write(f"step {step}  {name}  PCK@0.2  {best}")

    def _scalar(self, name: str, value: float, step: int) -> None:
        if self._board is not None:
            self._board.add_scalar(name, value, step)


def _tensorboard(folder: Path, first_step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=first_step)  # type: ignore[no-untyped-call]
