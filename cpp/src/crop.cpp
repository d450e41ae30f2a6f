#include "crop.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

/// Pixels in the image's own channel order, as a window into the image or a copy at half its size.
struct Region {
    const std::uint8_t* pixels;
    int width, height;
    std::size_t stride;
};

/// The part of the image under the crop with a margin for interpolation, its sides multiples of `multiple`, and its corner.
Region under(const Image& image, const Crop& crop, int multiple, int& left, int& top) {
    const int margin = 2 * multiple;
    const auto bound = [](double value, int most) { return int(std::clamp(std::trunc(value), -1e9, double(most))); };
    left = std::max(0, bound(crop.x, image.width) - margin);
    top = std::max(0, bound(crop.y, image.height) - margin);
    const int right = std::min(image.width, bound(crop.x + crop.side, image.width) + margin);
    const int bottom = std::min(image.height, bound(crop.y + crop.side, image.height) + margin);
    const int width = (right - left) / multiple * multiple, height = (bottom - top) / multiple * multiple;
    if (width <= 0 || height <= 0) return {nullptr, 0, 0, 0};
    return {image.row(top) + left * image.channels, width, height, image.stride};
}

/// Mean of each 2x2 block, rounded half up.
Region halve(const Region& from, int channels, std::vector<std::uint8_t>& buffer, std::vector<std::uint16_t>& sums) {
    const int width = from.width / 2, height = from.height / 2, values = 2 * width * channels;
    buffer.resize(std::size_t(width) * height * channels);
    sums.resize(values);
    std::uint8_t* out = buffer.data();
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* upper = from.pixels + 2 * y * from.stride;
        const std::uint8_t* lower = upper + from.stride;
        std::uint16_t* sum = sums.data();
        for (int i = 0; i < values; ++i) sum[i] = std::uint16_t(upper[i] + lower[i]);
        for (int x = 0; x < width; ++x, sum += 2 * channels)
            for (int c = 0; c < channels; ++c) *out++ = std::uint8_t((sum[c] + sum[c + channels] + 2) >> 2);
    }
    return {buffer.data(), width, height, std::size_t(width) * channels};
}

/// Where a row or column of the crop takes its two samples, and how much of the second.
struct Tap {
    int first;
    float weight;
};

std::vector<Tap> taps(double corner, double side, int size, int extent) {
    std::vector<Tap> result(size);
    for (int i = 0; i < size; ++i) {
        // Corners to pixel centres and back: hence the halves. Beyond the extent all is border, however far.
        const double at = std::clamp(corner + (i + 0.5) * side / size - 0.5, -2.0, extent + 1.0);
        result[i] = {int(std::floor(at)), float(at - std::floor(at))};
    }
    return result;
}

/// One row of the region, resampled along x into size RGB values; a row outside is all border.
void resample_row(const Region& region, int y, const std::vector<Tap>& columns, const Image& order, float border, float* out) {
    if (y < 0 || y >= region.height) {
        std::fill_n(out, 3 * columns.size(), border);
        return;
    }
    const std::uint8_t* row = region.pixels + std::size_t(y) * region.stride;
    const int channels[3] = {order.red, order.green, order.blue};
    for (const Tap& tap : columns) {
        const bool has_left = tap.first >= 0 && tap.first < region.width,
                   has_right = tap.first >= -1 && tap.first + 1 < region.width;
        const std::uint8_t* pixel = row + std::ptrdiff_t(tap.first) * order.channels;
        for (const int c : channels) {
            const float left = has_left ? float(pixel[c]) : border, right = has_right ? float(pixel[c + order.channels]) : border;
            *out++ = left + (right - left) * tap.weight;
        }
    }
}

}  // namespace

Crop Crop::around(const sspnet_box& box, double box_scale) {
    const double x = box.x, y = box.y, w = box.w, h = box.h, side = box_scale * std::max(w, h);
    return {x + (w - side) / 2, y + (h - side) / 2, side};
}

void Cropper::cut_out(const Image& image, const Crop& crop, int size, std::uint8_t border, std::uint8_t* out) {
    // Halve by area averages until one bilinear sample sees all of the pixels under it (no aliasing), then one affine.
    const int halvings = std::max(0, int(std::log2(std::max(crop.side / size, 1.0))));
    int left = 0, top = 0;
    Region region = under(image, crop, 1 << halvings, left, top);
    if (region.pixels == nullptr) {
        std::fill_n(out, 3 * std::size_t(size) * size, border);
        return;
    }
    for (int i = 0; i < halvings; ++i) region = halve(region, image.channels, halves_[i % 2], sums_);
    const double scale = 1.0 / (1 << halvings);
    const std::vector<Tap> columns = taps((crop.x - left) * scale, crop.side * scale, size, region.width);
    const std::vector<Tap> lines = taps((crop.y - top) * scale, crop.side * scale, size, region.height);
    const std::size_t values = 3 * std::size_t(size);
    int held[2] = {lines[0].first - 2, lines[0].first - 2};  // the rows that rows_ holds; neighbouring lines share them
    for (auto& row : rows_) row.resize(values);
    for (const Tap& line : lines) {
        for (int i = 0; i < 2; ++i) {
            const int y = line.first + i, slot = y & 1;
            if (held[slot] == y) continue;
            resample_row(region, y, columns, image, border, rows_[slot].data());
            held[slot] = y;
        }
        const float *upper = rows_[line.first & 1].data(), *lower = rows_[(line.first + 1) & 1].data(), weight = line.weight;
        for (std::size_t i = 0; i < values; ++i) out[i] = std::uint8_t(int(upper[i] + (lower[i] - upper[i]) * weight + 0.5f));
        out += values;
    }
}

}  // namespace sspnet::core
