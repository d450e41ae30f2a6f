"""The links that the package states: the paper, and the repository that it is built from."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Links(MetadataHookInterface):
    """Sets `project.urls` when a wheel is built or the package is installed."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the links."""
        page = runpy.run_path(str(Path(self.root) / "repository.py"))["page_of_origin"]()
        repository = {
            "Source": page,
            "Documentation": f"{page}/tree/HEAD/docs",
            "Changelog": f"{page}/blob/HEAD/CHANGELOG.md",
            "Issues": f"{page}/issues",
        }
        metadata["urls"] = {"Paper": "https://doi.org/10.1016/j.patcog.2023.109714", **(repository if page else {})}
