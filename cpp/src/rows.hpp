// What a crop does to rows of pixels, as fast as this CPU can: the same values everywhere.
#pragma once

#include <cstddef>
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

/// Means of the 2x2 blocks of two rows: a quarter of the sum, rounded half up. May write kSpareBytes past the last of the `width`
/// pixels.
///
/// @param ahead    bytes from these rows to those that will be read later, which are asked of the memory meanwhile; 0 asks for
/// none
/// @param scratch  2 * width pixels and kSpareBytes
using HalveRows = void (*)(const std::uint8_t* upper, const std::uint8_t* lower, int width, int channels, std::size_t ahead,
                           std::uint8_t* scratch, std::uint8_t* out);

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

/// Asks the memory for a line of the second cache: a core waits for few lines of the first at once.
inline void will_read([[maybe_unused]] const std::uint8_t* pixels) {
#if defined(__GNUC__)
    __builtin_prefetch(pixels, 0, 2);
#endif
}

/// The same for `bytes` of a row.
inline void will_read(const std::uint8_t* pixels, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; i += 64) will_read(pixels + i);
}

/// For any CPU.
RowKernels plain_rows();

/// The fastest for this CPU.
RowKernels fastest_rows();

}  // namespace sspnet::core
