"""Commands that need more than the runtime say what to install."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sspnet_sdk.errors import SSPNetError


@contextlib.contextmanager
def needing(extra: str, command: str) -> Iterator[None]:
    """Turn a missing package into one line that names the extra.

    Raises:
        SSPNetError: a package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        raise SSPNetError(f'{command} needs {error.name}, which is not installed: pip install "sspnet-sdk[{extra}]"') from None
