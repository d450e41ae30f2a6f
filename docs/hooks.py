"""The site: the model card comes from the root; links to files that the site does not hold become their text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)")


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
