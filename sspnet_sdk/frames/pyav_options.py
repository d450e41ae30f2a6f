"""What `av.open` must be told, by PyAV's version."""

from __future__ import annotations

from typing import Any

import av

# Titles that are no UTF-8 must not keep a video from opening. From 19 on PyAV itself sees to that, and refuses the option.
READING: dict[str, Any] = {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}
