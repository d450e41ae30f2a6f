#include "crop.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace sspnet::core {
namespace {

constexpr int kSpare = 4;             // bytes past the last pixel, which four-byte copies may write
constexpr int kLeft = 2, kRight = 3;  // pixels of border beside a row: as far as taps reach

/// Pixels in the image's own channel order, as a window into the image or a copy at half its size.
struct Region {
    const std::uint8_t* pixels;
    int width, height;
    std::size_t stride;
};

/// The part of the image under the crop with a margin for interpolation, its sides multiples of `multiple`, and its corner.
Region under(const Image& image, const Crop& crop, double crop_height, int multiple, int& left, int& top) {
    const int margin = 2 * multiple;
    const auto bound = [](double value, int most) { return int(std::clamp(std::trunc(value), -1e9, double(most))); };
    left = std::max(0, bound(crop.x, image.width) - margin);
    top = std::max(0, bound(crop.y, image.height) - margin);
    const int right = std::min(image.width, bound(crop.x + crop.side, image.width) + margin);
    const int bottom = std::min(image.height, bound(crop.y + crop_height, image.height) + margin);
    const int width = (right - left) / multiple * multiple, height = (bottom - top) / multiple * multiple;
    if (width <= 0 || height <= 0) return {nullptr, 0, 0, 0};
    return {image.row(top) + left * image.channels, width, height, image.stride};
}

/// Half the sum, rounded up; compilers know this form as one instruction for many bytes.
std::uint8_t average(std::uint8_t a, std::uint8_t b) { return std::uint8_t((a + b + 1) >> 1); }

/// A quarter of the sum, rounded half up: the average of averages, less one where those rounded up too much.
std::uint8_t mean(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    const std::uint8_t ab = average(a, b), cd = average(c, d);
    return std::uint8_t(average(ab, cd) - (((a ^ b) | (c ^ d)) & (ab ^ cd) & 1));
}

/// Mean of each 2x2 block. Means of all neighbours first, which compilers turn into vector instructions, then every second one
/// is kept.
Region halve(const Region& from, int channels, std::vector<std::uint8_t>& buffer, std::vector<std::uint8_t>& means) {
    const int width = from.width / 2, height = from.height / 2, values = (2 * width - 1) * channels;
    buffer.resize(std::size_t(width) * height * channels + kSpare);
    means.resize(std::size_t(2) * width * channels + kSpare);
    std::uint8_t* out = buffer.data();
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* upper = from.pixels + 2 * y * from.stride;
        const std::uint8_t* lower = upper + from.stride;
        std::uint8_t* all = means.data();
        for (int i = 0; i < values; ++i) all[i] = mean(upper[i], upper[i + channels], lower[i], lower[i + channels]);
        // Four bytes at once even of three channels: the next pixel overwrites the fourth.
        for (int x = 0; x < width; ++x, out += channels) std::memcpy(out, all + 2 * x * channels, 4);
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

/// Two rows of the region blended, with kLeft and kRight pixels of border beside them; a row outside is all border.
void blend_rows(const Region& region, const Tap& line, int channels, const std::uint8_t* border, float* out) {
    const auto row = [&](int y) { return y < 0 || y >= region.height ? border : region.pixels + std::size_t(y) * region.stride; };
    const std::uint8_t *upper = row(line.first), *lower = row(line.first + 1);
    const float weight = line.weight;
    const int values = region.width * channels;
    std::fill_n(out, kLeft * channels, float(*border));
    out += kLeft * channels;
    for (int i = 0; i < values; ++i) out[i] = float(upper[i]) + float(lower[i] - upper[i]) * weight;
    std::fill_n(out + values, kRight * channels, float(*border));
}

/// A blended row, resampled along x into RGB.
void resample_row(const float* row, const std::vector<Tap>& columns, const Image& order, std::uint8_t* out) {
    const int channels = order.channels, red = order.red, green = order.green, blue = order.blue;
    for (const Tap& tap : columns) {
        const float *left = row + (tap.first + kLeft) * channels, *right = left + channels, weight = tap.weight;
        out[0] = std::uint8_t(int(left[red] + (right[red] - left[red]) * weight + 0.5f));
        out[1] = std::uint8_t(int(left[green] + (right[green] - left[green]) * weight + 0.5f));
        out[2] = std::uint8_t(int(left[blue] + (right[blue] - left[blue]) * weight + 0.5f));
        out += 3;
    }
}

}  // namespace

Crop Crop::around(const sspnet_box& box, double box_scale) {
    const double x = box.x, y = box.y, w = box.w, h = box.h, side = box_scale * std::max(w, h);
    return {x + (w - side) / 2, y + (h - side) / 2, side};
}

Crop Crop::whole_in(const Image& image, int width, int height) {
    const double side = std::max(double(image.width), double(image.height) * width / height);
    return {(image.width - side) / 2, (image.height - side * height / width) / 2, side};
}

std::array<int, 2> view_of(const Image& image, int side, int multiple) {
    const double pixels = 0.75 * side * side, scale = std::sqrt(pixels / (double(image.width) * image.height));
    const double most = std::max(1.0, std::floor(pixels / (double(multiple) * multiple)));  // of an image as thin as a line
    const auto multiples = [&](int extent) {
        return multiple * int(std::clamp(std::floor(extent * scale / multiple + 0.5), 1.0, most));
    };
    return {multiples(image.width), multiples(image.height)};
}

void Cropper::cut_out(const Image& image, const Crop& crop, int width, int height, std::uint8_t border, std::uint8_t* out) {
    // Halve by area averages until one bilinear sample sees all of the pixels under it (no aliasing), then one affine.
    const int halvings = std::max(0, int(std::log2(std::max(crop.side / width, 1.0))));
    int left = 0, top = 0;
    const double crop_height = crop.side * height / width;
    Region region = under(image, crop, crop_height, 1 << halvings, left, top);
    if (region.pixels == nullptr) {
        std::fill_n(out, 3 * std::size_t(width) * height, border);
        return;
    }
    for (int i = 0; i < halvings; ++i) region = halve(region, image.channels, halves_[i % 2], means_);
    const double scale = 1.0 / (1 << halvings);
    const std::vector<Tap> columns = taps((crop.x - left) * scale, crop.side * scale, width, region.width);
    const std::vector<Tap> lines = taps((crop.y - top) * scale, crop_height * scale, height, region.height);
    border_row_.assign(std::size_t(region.width) * image.channels, border);
    row_.resize(std::size_t(region.width + kLeft + kRight) * image.channels);
    for (const Tap& line : lines) {
        blend_rows(region, line, image.channels, border_row_.data(), row_.data());
        resample_row(row_.data(), columns, image, out);
        out += 3 * width;
    }
}

}  // namespace sspnet::core
