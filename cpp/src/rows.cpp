#include "rows.hpp"

#include <cstring>

namespace sspnet::core {
namespace {

/// Half the sum, rounded up; compilers know this form as one instruction for many bytes.
inline std::uint8_t average(std::uint8_t a, std::uint8_t b) { return std::uint8_t((a + b + 1) >> 1); }

/// A quarter of the sum, rounded half up: the average of averages, less one where those rounded up too much.
inline std::uint8_t mean(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const std::uint8_t ab = average(a, b), cd = average(c, d);
    return std::uint8_t(average(ab, cd) - (((a ^ b) | (c ^ d)) & (ab ^ cd) & 1));
}

/// Means of all neighbours first, which compilers turn into vector instructions, then every second one is kept.
void halve(const std::uint8_t* upper, const std::uint8_t* lower, int width, int channels, std::size_t ahead,
           std::uint8_t* scratch, std::uint8_t* out) {
    const int values = (2 * width - 1) * channels;
    if (ahead > 0) will_read(upper + ahead, std::size_t(values)), will_read(lower + ahead, std::size_t(values));
    for (int i = 0; i < values; ++i) scratch[i] = mean(upper[i], upper[i + channels], lower[i], lower[i + channels]);
    // Four bytes at once even of three channels: the next pixel overwrites the fourth.
    for (int x = 0; x < width; ++x) std::memcpy(out + x * channels, scratch + 2 * x * channels, 4);
}

void blend(const std::uint8_t* upper, const std::uint8_t* lower, float weight, int values, float* out) {
    for (int i = 0; i < values; ++i) out[i] = float(upper[i]) + float(lower[i] - upper[i]) * weight;
}

void resample(const float* row, const std::vector<Tap>& columns, const ChannelOrder& order, std::uint8_t* out) {
    for (const Tap& tap : columns) {
        const float *left = row + tap.first * order.channels, *right = left + order.channels, weight = tap.weight;
        out[0] = std::uint8_t(int(left[order.red] + (right[order.red] - left[order.red]) * weight + 0.5f));
        out[1] = std::uint8_t(int(left[order.green] + (right[order.green] - left[order.green]) * weight + 0.5f));
        out[2] = std::uint8_t(int(left[order.blue] + (right[order.blue] - left[order.blue]) * weight + 0.5f));
        out += 3;
    }
}

}  // namespace

RowKernels plain_rows() { return {halve, blend, resample}; }

}  // namespace sspnet::core
