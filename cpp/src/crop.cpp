#include "crop.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

constexpr int kLeft = 2, kRight = 3;  // pixels of border beside a row: as far as taps reach
constexpr int kAhead = 8;             // rows that are asked of the memory before they are read

/// The part of the image under the crop with a margin for interpolation, its sides multiples of `multiple`, and its corner.
Cropper::Region under(const Image& image, const Crop& crop, double crop_height, int multiple, int& left, int& top) {
    const int margin = 2 * multiple;
    const auto bound = [](double value, int most) { return int(std::clamp(std::trunc(value), -1e9, double(most))); };
    left = std::max(0, bound(crop.x, image.width) - margin);
    top = std::max(0, bound(crop.y, image.height) - margin);
    const int right = std::min(image.width, bound(crop.x + crop.side, image.width) + margin);
    const int bottom = std::min(image.height, bound(crop.y + crop_height, image.height) + margin);
    const int width = (right - left) / multiple * multiple, height = (bottom - top) / multiple * multiple;
    if (width <= 0 || height <= 0) return {};
    return {image.row(top) + left * image.channels, width, height, image.channels, image.stride};
}

/// Where the lines of a crop lie in `extent` pixels, of which number 0 is called `first`.
void place_taps(double corner, double side, int extent, int first, std::vector<Tap>& taps) {
    const int size = int(taps.size());
    for (int i = 0; i < size; ++i) {
        // Corners to pixel centres and back: hence the halves. Beyond the extent all is border, however far.
        const double at = std::clamp(corner + (i + 0.5) * side / size - 0.5, -2.0, extent + 1.0);
        taps[i] = {first + int(std::floor(at)), float(at - std::floor(at))};
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
    region_ = under(image, crop, crop_height, 1 << halvings, left, top);
    if (region_.pixels == nullptr) {
        std::fill_n(out, 3 * std::size_t(width) * height, border);
        return;
    }
    const double scale = 1.0 / (1 << halvings);
    const int columns = region_.width >> halvings, rows = region_.height >> halvings, channels = image.channels;
    columns_.resize(std::size_t(width)), lines_.resize(std::size_t(height));
    place_taps((crop.x - left) * scale, crop.side * scale, columns, kLeft, columns_);
    place_taps((crop.y - top) * scale, crop_height * scale, rows, 0, lines_);
    reserve(halvings, border);
    float* const row = row_.data();
    const int values = columns * channels;
    std::fill_n(row, kLeft * channels, float(border));
    std::fill_n(row + kLeft * channels + values, kRight * channels, float(border));
    const auto line_of = [&](int y) { return y < 0 || y >= rows ? border_row_.data() : halved(halvings, y); };
    for (const Tap& line : lines_) {
        kernels_.blend(line_of(line.first), line_of(line.first + 1), line.weight, values, row + kLeft * channels);
        kernels_.resample(row, columns_, {channels, image.red, image.green, image.blue}, out);
        out += 3 * width;
    }
}

void Cropper::reserve(int halvings, std::uint8_t border) {
    const std::size_t bytes = std::size_t(region_.width) * region_.channels + kSpareBytes;
    scratch_.resize(bytes);
    border_row_.assign(bytes, border);
    row_.resize(bytes + (kLeft + kRight) * std::size_t(region_.channels));
    if (int(levels_.size()) <= halvings) levels_.resize(std::size_t(halvings) + 1);
    for (Level& level : levels_) {
        level.held[0] = level.held[1] = -1;
        for (std::vector<std::uint8_t>& kept : level.rows)
            if (kept.size() < bytes) kept.resize(bytes);
    }
}

const std::uint8_t* Cropper::halved(int times, int y) {
    if (times == 0) {
        if (y + kAhead < region_.height) will_read(source(y + kAhead), std::size_t(region_.width) * region_.channels);
        return source(y);
    }
    Level& level = levels_[std::size_t(times)];
    std::vector<std::uint8_t>& row = level.rows[y % 2];
    if (level.held[y % 2] != y) {
        level.held[y % 2] = y;
        const auto larger = [&](int line) { return times == 1 ? source(line) : halved(times - 1, line); };
        const std::uint8_t *upper = larger(2 * y), *lower = larger(2 * y + 1);
        const std::size_t ahead = times == 1 && 2 * y + 1 + kAhead < region_.height ? kAhead * region_.stride : 0;
        kernels_.halve(upper, lower, region_.width >> times, region_.channels, ahead, scratch_.data(), row.data());
    }
    return row.data();
}

}  // namespace sspnet::core
