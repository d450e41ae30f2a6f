"""The site: its version and repository; the model card, from the root; links to files that it does not hold become their text."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)")


def on_config(config: Any) -> Any:
    """The version in the header, and a link to the repository: that of this clone."""
    version = re.search(r'"(.+)"', (Path(__file__).parents[1] / "sspnet_sdk/version.py").read_text(encoding="utf-8"))
    assert version is not None
    config.site_name += f" {version[1]}"
    config.repo_url = config.repo_url or _origin()
    config.repo_name = "Source" if config.repo_url else None
    return config


def _origin() -> str:
    """Where this clone comes from, as a page; "" if that is no public place."""
    command = ["git", "-C", str(Path(__file__).parent), "remote", "get-url", "origin"]
    try:
        url = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError:
        return ""
    place = re.fullmatch(r"(?:https://(?:[^/@]*@)?|(?:ssh://)?git@)([^/:]+)[/:](.+?)(?:\.git)?/?", url)
    return f"https://{place[1]}/{place[2]}" if place else ""


def on_files(files: Any, config: Any) -> Any:
    """Add the model card."""
    card = (Path(config["docs_dir"]).parent / "MODEL_CARD.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "model-card.md", content=card.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, files: Any, **_: Any) -> str:
    """Keep links between pages and to files beside them; of a link that leaves the folder, keep the text."""

    def inside(link: re.Match[str]) -> str:
        text, target = link.groups()
        target = "model-card.md" if target == "../MODEL_CARD.md" else target
        return text if target.startswith("../") else f"[{text}]({target})"

    return _LINK.sub(inside, markdown)
