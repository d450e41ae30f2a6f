"""What the tests of this room run: a photograph, and a fast operating point."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PHOTO = ROOT / "examples" / "photos" / "000000234748.jpg"
FAST = ("--backend", "onnxruntime", "--cut", "2", "--input-size", "128", "--threads", "1")
