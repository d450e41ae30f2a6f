"""The site: its version and repository; the model card, from the root; links to files that it does not hold become their text."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

_ROOT = Path(__file__).parents[1]
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)")


def on_config(config: Any) -> Any:
    """The version in the header, and a link to the repository: that of this clone."""
    version = re.search(r'"(.+)"', (_ROOT / "sspnet_sdk/version.py").read_text(encoding="utf-8"))
    assert version is not None
    config.site_name += f" {version[1]}"
    config.repo_url = config.repo_url or runpy.run_path(str(_ROOT / "repository.py"))["page_of_origin"]()
    config.repo_name = "Source" if config.repo_url else None
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the model card."""
    card = (_ROOT / "MODEL_CARD.md").read_text(encoding="utf-8")
    files.append(File.generated(config, "model-card.md", content=card.replace("](docs/", "](")))
    return files


def on_page_markdown(markdown: str, files: Any, **_: Any) -> str:
    """Keep links between pages and to files beside them; of a link that leaves the folder, keep the text."""

    def inside(link: re.Match[str]) -> str:
        text, target = link.groups()
        target = "model-card.md" if target == "../MODEL_CARD.md" else target
        return text if target.startswith("../") else f"[{text}]({target})"

    return _LINK.sub(inside, markdown)
