// Box ↔ crop geometry. A crop is the square around a box's centre, resampled to size x size; one affine each way.
#pragma once

#include "image.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace sspnet::core {

/// The square with its top-left corner at (x, y) and the given side, in pixels of the image (corner coordinates).
struct Crop {
    double x, y, side;

    /// The square around `box` whose side is `box_scale` times the box's longer side.
    static Crop around(const sspnet_box& box, double box_scale);

    /// All of the image, in the middle of a view of that shape (see Cropper::cut_out).
    static Crop whole_in(const Image& image, int width, int height);

    /// u, v in [0, 1] of the crop → pixels of the image.
    float image_x(float u) const { return u * float(side) + float(x); }
    float image_y(float v) const { return v * float(side) + float(y); }
};

/// Width and height of a view in about the image's shape, of about side² · ¾ pixels, both multiples of `multiple`.
std::array<int, 2> view_of(const Image& image, int side, int multiple);

/// Resamples crops; keeps its buffers from one frame to the next.
class Cropper {
public:
    /// Resample `crop` of `image` into `out` (size, size, 3) RGB; what lies outside the image becomes grey `border`.
    void cut_out(const Image& image, const Crop& crop, int size, std::uint8_t border, std::uint8_t* out) {
        cut_out(image, crop, size, size, border, out);
    }

    /// The same into a view (height, width, 3): its width shows the crop's side, and its height as much as fits.
    void cut_out(const Image& image, const Crop& crop, int width, int height, std::uint8_t border, std::uint8_t* out);

private:
    std::vector<std::uint8_t> halves_[2];
    std::vector<std::uint8_t> means_, border_row_;
    std::vector<float> row_;
};

}  // namespace sspnet::core
