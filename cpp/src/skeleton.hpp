// The joints that this version knows: the body's 17 in Human3.6M's order, then face and feet. A bundle has all, or the body's.
#pragma once

#include <sspnet/sspnet.h>

namespace sspnet::core {

inline constexpr const char* kJointNames[SSPNET_JOINTS] = {
    "pelvis", "r-hip",      "r-knee",  "r-ankle", "l-hip",      "l-knee",    "l-ankle",     "spine",      "thorax", "neck",
    "head",   "l-shoulder", "l-elbow", "l-wrist", "r-shoulder", "r-elbow",   "r-wrist",     "nose",       "l-eye",  "r-eye",
    "l-ear",  "r-ear",      "l-heel",  "r-heel",  "l-big-toe",  "r-big-toe", "l-small-toe", "r-small-toe"};

inline constexpr int kJointParents[SSPNET_JOINTS] = {-1, 0,  1,  2, 0,  4,  5,  0,  7, 8, 9, 8, 11, 12,
                                                     8,  14, 15, 9, 17, 17, 18, 19, 6, 3, 6, 3, 24, 25};

/// Joints that change places when the image is mirrored.
inline constexpr int kFlipPairs[][2] = {{1, 4},   {2, 5},   {3, 6},   {11, 14}, {12, 15}, {13, 16},
                                        {18, 19}, {20, 21}, {22, 23}, {24, 25}, {26, 27}};

}  // namespace sspnet::core
