"""Where this clone comes from, as a page: for the site (docs/hooks.py) and the package's own links (hatch_build.py)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent


def page_of_origin() -> str:
    """The page of the clone's origin; "" if that is no public place, or this is no clone."""
    if not (ROOT / ".git").exists():  # unpacked in somebody else's clone
        return ""
    try:
        command = ["git", "-C", str(ROOT), "remote", "get-url", "origin"]
        url = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
    place = re.fullmatch(r"(?:https://(?:[^/@]*@)?|(?:ssh://)?git@)([^/:]+)[/:](.+?)(?:\.git)?/?", url)
    return f"https://{place[1]}/{place[2]}" if place else ""
