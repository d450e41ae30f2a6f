"""ONNX Runtime's execution providers: which one serves a device, with which options, and which package brings it."""

from __future__ import annotations

import hashlib
from pathlib import Path

Provider = tuple[str, dict[str, str]]

NAMES = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
}
"""Device → provider."""

_NVIDIA = "pip uninstall onnxruntime, then pip install 'onnxruntime-gpu[cuda,cudnn]'"
PACKAGES = {
    "cpu": "pip install onnxruntime",
    "cuda": _NVIDIA,
    "tensorrt": f"{_NVIDIA} tensorrt",
    "directml": "pip uninstall onnxruntime, then pip install onnxruntime-directml (Windows)",
    "coreml": "pip install onnxruntime (macOS)",
}
"""Device → what installs its provider."""

ONE_AT_A_TIME = ("tensorrt", "directml", "coreml")
"""Devices that compile a graph for fixed shapes: a crop per run."""


def providers(device: str, precision: str, model: Path, cache: Path | None) -> list[Provider]:
    """The providers for a device with their options, in the order in which they may take a graph's parts.

    Args:
        precision: of the graph, "fp32", "fp16" or "int8". fp32 stays fp32: no TF32, which moves coordinates.
        model: the graph's file.
        cache: folder for compiled engines; None keeps nothing.
    """
    cpu: Provider = (NAMES["cpu"], {})
    if device == "cpu":
        return [cpu]
    if device == "directml":
        return [(NAMES[device], {}), cpu]
    if device == "coreml":
        return [(NAMES[device], {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL"}), cpu]
    cuda: Provider = (NAMES["cuda"], {"use_tf32": "1" if precision == "fp16" else "0"})
    if device == "cuda":
        return [cuda, cpu]
    return [(NAMES[device], _tensorrt(precision, model, cache)), cuda, cpu]


def _tensorrt(precision: str, model: Path, cache: Path | None) -> dict[str, str]:
    options = {"trt_fp16_enable": str(precision != "fp32"), "trt_int8_enable": str(precision == "int8")}
    if cache is not None:
        # ONNX Runtime finds a cached engine by the names in a graph, not by its weights: another model gets another folder.
        options |= {"trt_engine_cache_enable": "True", "trt_engine_cache_path": str(cache / _digest(model))}
        options |= {"trt_timing_cache_enable": "True", "trt_timing_cache_path": str(cache)}
    return options


def _digest(model: Path) -> str:
    digest = hashlib.sha256(model.read_bytes())
    weights = model.with_name("weights.bin")
    if weights.exists():
        digest.update(weights.read_bytes())
    return digest.hexdigest()[:16]
