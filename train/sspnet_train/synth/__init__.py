"""Rendered people with exact 2D and 3D labels."""

from .assets import AssetError
from .body_data import BodyModelError
from .pose_sampling import PoseFileError
from .render import RenderError
from .scene_mix import SceneMix, SceneMixError, parse_mix
from .write_shards import GenerateError, Studio, generate

__all__ = [
    "AssetError",
    "BodyModelError",
    "GenerateError",
    "PoseFileError",
    "RenderError",
    "SceneMix",
    "SceneMixError",
    "Studio",
    "generate",
    "parse_mix",
]
