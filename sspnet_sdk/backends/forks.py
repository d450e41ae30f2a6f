"""Sessions in a forked child: their engine's threads do not exist there and freeing one waits forever, so they are kept."""

from __future__ import annotations

import ctypes
import os
import weakref
from typing import Any

_open: weakref.WeakSet[Any] = weakref.WeakSet()


def keep_in_children(session: Any) -> None:
    """From now on, `session` is never freed in a process that was forked from this one."""
    _open.add(session)


def _keep() -> None:
    for session in list(_open):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(session))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_keep)
