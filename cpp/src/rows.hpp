// What a crop does to rows of pixels, as fast as this CPU can: the same values everywhere.
#pragma once

#include <cstdint>
#include <vector>

namespace sspnet::core {

/// Where a row or column of the crop takes its two samples, and how much of the second.
struct Tap {
    int first;
    float weight;
};

/// A channel's place in a pixel.
struct ChannelOrder {
    int channels, red, green, blue;
};

/// Means of the 2x2 blocks of two rows: a quarter of the sum, rounded half up. May write kSpareBytes past the last of the `width` pixels.
///
/// @param scratch  2 * width pixels and kSpareBytes
using HalveRows = void (*)(const std::uint8_t* upper, const std::uint8_t* lower, int width, int channels, std::uint8_t* scratch,
                           std::uint8_t* out);

/// upper + (lower − upper) * weight, of `values` values.
using BlendRows = void (*)(const std::uint8_t* upper, const std::uint8_t* lower, float weight, int values, float* out);

/// A row of values resampled into RGB; four values are read where the last tap's second sample lies.
using ResampleRow = void (*)(const float* row, const std::vector<Tap>& columns, const ChannelOrder& order, std::uint8_t* out);

struct RowKernels {
    HalveRows halve;
    BlendRows blend;
    ResampleRow resample;
};

constexpr int kSpareBytes = 16;

/// For any CPU.
RowKernels plain_rows();

/// The fastest for this CPU.
RowKernels fastest_rows();

}  // namespace sspnet::core
