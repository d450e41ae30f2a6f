// The engines that this library was built with.
#pragma once

#include "engine.hpp"

namespace sspnet::core {

#if defined(SSPNET_WITH_OPENVINO)
std::unique_ptr<Engine> make_openvino();
#endif

#if defined(SSPNET_WITH_ONNXRUNTIME)
std::unique_ptr<Engine> make_onnxruntime();
#endif

}  // namespace sspnet::core
