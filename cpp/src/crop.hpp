// Box ↔ crop geometry. A crop is the square around a box's centre, resampled to size x size; one affine each way.
#pragma once

#include "image.hpp"
#include "rows.hpp"

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

    /// Pixels of the image → u, v in [0, 1] of the crop.
    float u(float image_x) const { return (image_x - float(x)) / float(side); }
    float v(float image_y) const { return (image_y - float(y)) / float(side); }
};

/// Width and height of a view in about the image's shape, of about side² · ¾ pixels, both multiples of `multiple`.
std::array<int, 2> view_of(const Image& image, int side, int multiple);

/// Resamples crops, row by row in one pass over the image; keeps its buffers from one frame to the next.
class Cropper {
public:
    explicit Cropper(const RowKernels& kernels = fastest_rows()) : kernels_(kernels) {}

    /// Resample `crop` of `image` into `out` (size, size, 3) RGB; what lies outside the image becomes grey `border`.
    void cut_out(const Image& image, const Crop& crop, int size, std::uint8_t border, std::uint8_t* out) {
        cut_out(image, crop, size, size, border, out);
    }

    /// The same into a view (height, width, 3): its width shows the crop's side, and its height as much as fits.
    void cut_out(const Image& image, const Crop& crop, int width, int height, std::uint8_t border, std::uint8_t* out);

    /// Pixels in the image's own channel order: a window into the image.
    struct Region {
        const std::uint8_t* pixels = nullptr;
        int width = 0, height = 0, channels = 0;
        std::size_t stride = 0;
    };

private:
    /// The last two rows of the region at a half, a quarter, … of its size, and which they are.
    struct Level {
        std::vector<std::uint8_t> rows[2];
        int held[2];
    };

    void reserve(int halvings, std::uint8_t border);

    const std::uint8_t* source(int y) const { return region_.pixels + std::size_t(y) * region_.stride; }

    /// Row `y` of the region halved so many times; valid until two rows later.
    const std::uint8_t* halved(int times, int y);

    RowKernels kernels_;
    Region region_;
    std::vector<Level> levels_;
    std::vector<std::uint8_t> scratch_, border_row_;
    std::vector<float> row_;
    std::vector<Tap> columns_, lines_;
};

}  // namespace sspnet::core
