// A network's answers are checked here, once, where they leave the engine: nothing behind has to expect nonsense.
#pragma once

#include "engine.hpp"

namespace sspnet::core {

/// The answer of graph `index` of a chain, which has run; `file` names the graph in messages. Throws BackendError where a value
/// is not finite or larger than `limit` (in crop sides, or millimetres).
Answer checked_answer(Chain& chain, std::size_t index, const std::string& name, const std::string& file, float limit);

inline constexpr float kLargestInCrop = 100, kLargestMap = 1e4f, kLargestMillimetres = 1e6f;

}  // namespace sspnet::core
