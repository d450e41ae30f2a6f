// A caller's image, checked, and the channels of its pixels.
#pragma once

#include <sspnet/sspnet.h>

#include <cstddef>
#include <cstdint>

namespace sspnet::core {

struct Image {
    const std::uint8_t* pixels;
    int width, height;
    std::size_t stride;
    int channels;          ///< bytes per pixel
    int red, green, blue;  ///< where in a pixel each colour lies

    const std::uint8_t* row(int y) const { return pixels + static_cast<std::size_t>(y) * stride; }
};

/// Throws ImageError: names what was found and what would be right.
Image check_image(const sspnet_image& image);

/// Throws OptionError: names what is wrong with the box.
sspnet_box check_box(const sspnet_box& box, const Image& image);

/// The box that holds all of the image.
sspnet_box whole_image(const Image& image);

}  // namespace sspnet::core
