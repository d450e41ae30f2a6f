"""`sspnet-sdk`: the group of commands; a command's file is imported when it is asked for."""

from __future__ import annotations

import errno
import logging
import os
import sys
from importlib import import_module
from typing import Any

import click

from sspnet_sdk.cli.interrupts import Interrupts
from sspnet_sdk.cli.terminal import keep_standard_error
from sspnet_sdk.errors import SSPNetError
from sspnet_sdk.version import __version__

_COMMANDS = ("demo", "predict", "bench", "profile", "info", "export", "train", "eval", "synth", "label")
INTERRUPTED = 130
_CANNOT_WRITE = (errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT, errno.EBADF)

_EXIT_CODES = """\b
Exit codes:
  0    done
  1    something failed: a file could not be read or written, others went on
  2    the command line, or an option, makes no sense
  3    an image or video cannot be used
  4    the bundle is missing or damaged
  5    the inference engine is missing or failed
  130  interrupted (Ctrl-C, SIGTERM, SIGHUP); files hold what was done until then
"""


class _Fault(click.ClickException):
    """One of our errors, shown as one line."""

    def __init__(self, error: SSPNetError) -> None:
        super().__init__(str(error))
        setattr(self, "exit_code", error.exit_code)  # noqa: B010 (click declares it for the class)


class _Commands(click.Group):
    def main(self, *args: Any, **kwargs: Any) -> Any:
        keep_standard_error()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:  # of `--help` too, which is no command
            if error.errno not in _CANNOT_WRITE:
                raise
            sys.stdout = None  # type: ignore[assignment] # flushing it at the end would fail once more
            click.echo(f"Error: cannot write -: {(error.strerror or str(error)).lower()}", err=True)
            sys.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        return import_module(f"sspnet_sdk.cli.{cmd_name}").command  # type: ignore[no-any-return]

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with Interrupts():
                return super().invoke(ctx)
        except SSPNetError as error:
            raise _Fault(error) from error
        except (ImportError, AttributeError):
            _say_what_opencv_lacks()
            raise
        except BrokenPipeError:  # whoever read our output has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


def _say_what_opencv_lacks() -> None:
    from sspnet_sdk.system.opencv_check import check_opencv

    try:
        check_opencv()
    except SSPNetError as error:
        raise _Fault(error) from error


@click.group(
    cls=_Commands, epilog=_EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(__version__, prog_name="sspnet-sdk")
@click.option("-v", "--verbose", is_flag=True, help="Say what is chosen and why (backend, operating points).")
def main(verbose: bool) -> None:
    """3D human pose from one RGB image, on edge devices, at the frame rate you ask for."""
    # OpenCV and FFmpeg write to standard error by themselves; what matters of it comes as our errors.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logger = logging.getLogger("sspnet_sdk")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO if verbose else logging.WARNING)
