#include "image.hpp"

#include "error.hpp"
#include "short_number.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace sspnet::core {
namespace {

constexpr int kSmallestSide = 8, kLargestSide = 1 << 16;

struct Layout {
    int channels, red, green, blue;
};

Layout layout(int color) {
    switch (color) {
        case SSPNET_BGR:
            return {3, 2, 1, 0};
        case SSPNET_RGB:
            return {3, 0, 1, 2};
        case SSPNET_BGRA:
            return {4, 2, 1, 0};
        case SSPNET_RGBA:
            return {4, 0, 1, 2};
        case SSPNET_GRAY:
            return {1, 0, 0, 0};
    }
    throw ImageError("color must be one of SSPNET_BGR, SSPNET_RGB, SSPNET_BGRA, SSPNET_RGBA, SSPNET_GRAY, not " +
                     std::to_string(color));
}

std::string describe(const sspnet_box& box) {
    return "box (" + short_number(box.x) + ", " + short_number(box.y) + ", " + short_number(box.w) + ", " + short_number(box.h) +
           ")";
}

}  // namespace

Image check_image(const sspnet_image& image) {
    const Layout found = layout(image.color);
    const std::string size = std::to_string(image.width) + "x" + std::to_string(image.height);
    if (image.pixels == nullptr) throw ImageError("the image has no pixels: its pointer is NULL");
    if (image.width < kSmallestSide || image.height < kSmallestSide)
        throw ImageError("the image is " + size + " (width x height): each side must be at least 8 pixels");
    if (image.width > kLargestSide || image.height > kLargestSide)
        throw ImageError("the image is " + size + " (width x height): each side may be at most 65536 pixels");
    const std::size_t packed = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(found.channels);
    const std::size_t stride = image.stride == 0 ? packed : image.stride;
    if (stride < packed)
        throw ImageError("the stride of " + std::to_string(stride) + " bytes is less than a row's " + std::to_string(packed));
    return {image.pixels, image.width, image.height, stride, found.channels, found.red, found.green, found.blue};
}

sspnet_box check_box(const sspnet_box& box, const Image& image) {
    for (const float value : {box.x, box.y, box.w, box.h})
        if (!(std::abs(value) <= 1e7f)) throw OptionError(describe(box) + " holds values that are not pixels");
    if (box.w < 1 || box.h < 1)
        throw OptionError(describe(box) + " is empty: width and height (the last two numbers) must be at least 1 pixel");
    if (box.x >= float(image.width) || box.y >= float(image.height) || box.x + box.w <= 0 || box.y + box.h <= 0)
        throw OptionError(describe(box) + " (x, y, w, h) lies outside the image of " + std::to_string(image.width) + "x" +
                          std::to_string(image.height) + " pixels");
    return box;
}

sspnet_box whole_image(const Image& image) { return {0, 0, float(image.width), float(image.height)}; }

}  // namespace sspnet::core
