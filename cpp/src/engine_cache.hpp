// Where an engine keeps what it compiled.
#pragma once

#include <filesystem>

namespace sspnet::core {

/// `cache` / "tensorrt" / a digest of the model and of the weights beside it: ONNX Runtime finds a cached engine by the names in
/// a graph, not by its weights, so every model gets a folder of its own. Empty where `cache` is. Throws BundleError.
std::filesystem::path tensorrt_folder(const std::filesystem::path& cache, const std::filesystem::path& model);

}  // namespace sspnet::core
