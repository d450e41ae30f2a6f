"""Where the examples lie, and the photograph that they are given."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "photos" / "000000234748.jpg"
