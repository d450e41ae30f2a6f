"""Rendered people with exact 2D and 3D labels."""

from sspnet_train.synth.assets import AssetError
from sspnet_train.synth.body_data import BodyModelError
from sspnet_train.synth.pose_sampling import PoseFileError
from sspnet_train.synth.render import RenderError
from sspnet_train.synth.scene_mix import SceneMix, SceneMixError, parse_mix
from sspnet_train.synth.write_parts import GenerateError, Studio, generate

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
