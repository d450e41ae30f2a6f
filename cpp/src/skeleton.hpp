// The 17 joints that every bundle of this version has, in Human3.6M's order.
#pragma once

#include <sspnet/sspnet.h>

namespace sspnet::core {

inline constexpr const char* kJointNames[SSPNET_JOINTS] = {"pelvis",  "r-hip",   "r-knee",     "r-ankle", "l-hip",  "l-knee",
                                                           "l-ankle", "spine",   "thorax",     "neck",    "head",   "l-shoulder",
                                                           "l-elbow", "l-wrist", "r-shoulder", "r-elbow", "r-wrist"};

inline constexpr int kJointParents[SSPNET_JOINTS] = {-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15};

}  // namespace sspnet::core
