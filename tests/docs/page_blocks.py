"""The fenced blocks of the pages, and the folder in which they are run."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MEASURED = ("benchmarks.md", "trials.md")  # their commands take long: they were run to measure what stands beside them

_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.M | re.S)


@dataclass
class Block:
    language: str
    text: str

    @property
    def runs_here(self) -> bool:
        """Blocks that begin with `# needs …` need something else."""
        return self.language in ("sh", "python") and not self.text.startswith("# needs ")

    def commands(self) -> list[str]:
        """The lines of a shell block, comments left out."""
        lines = re.sub(r"\\\n", " ", self.text).splitlines() if self.language == "sh" else []
        return [re.sub(r"\s+# .*", "", line) for line in lines if line and not line.startswith("#")]


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, without their indentation."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(language, re.sub(f"^{indent}", "", text, flags=re.M)) for indent, language, text in found]


PAGES = sorted(DOCS.glob("*.md"))
