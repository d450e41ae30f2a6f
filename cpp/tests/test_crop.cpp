#include "crop.hpp"
#include "error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace sspnet::core;

namespace {

struct Picture {
    int width, height;
    std::vector<std::uint8_t> pixels;  // BGR

    explicit Picture(int w, int h, std::uint8_t value = 0) : width(w), height(h), pixels(3 * std::size_t(w) * h, value) {}
    std::uint8_t& at(int x, int y, int channel) { return pixels[3 * (std::size_t(y) * width + x) + channel]; }
    Image image() const { return check_image({pixels.data(), width, height, 0, SSPNET_BGR}); }
};

std::vector<std::uint8_t> cut_out(const Image& image, const Crop& crop, int size) {
    std::vector<std::uint8_t> out(3 * std::size_t(size) * size);
    Cropper().cut_out(image, crop, size, 128, out.data());
    return out;
}

/// Centre of what is bright, in u, v of the crop.
std::pair<double, double> bright_centre(const std::vector<std::uint8_t>& crop, int size) {
    double sum = 0, u = 0, v = 0;
    for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x) {
            const double w = std::max(0, crop[3 * (std::size_t(y) * size + x)] - 130);
            sum += w, u += w * (x + 0.5) / size, v += w * (y + 0.5) / size;
        }
    return {u / sum, v / sum};
}

Picture dot(int width, int height, double x, double y, double radius) {
    Picture picture(width, height);
    for (int row = 0; row < height; ++row)
        for (int column = 0; column < width; ++column) {
            const double near = std::clamp(1.5 - std::hypot(column + 0.5 - x, row + 0.5 - y) / radius, 0.0, 1.0);
            picture.at(column, row, 2) = std::uint8_t(std::lround(255 * near));
        }
    return picture;
}

}  // namespace

TEST_CASE("a crop of the image's own size and place is the image in RGB") {
    Picture picture(16, 16);
    for (int i = 0; i < 3 * 256; ++i) picture.pixels[i] = std::uint8_t(i * 37);
    const auto out = cut_out(picture.image(), {0, 0, 16}, 16);
    for (int i = 0; i < 256; ++i)
        for (int c = 0; c < 3; ++c) CHECK(out[3 * i + c] == picture.pixels[3 * i + 2 - c]);
}

TEST_CASE("what lies outside the image is the border's grey, wherever the crop lies") {
    const Picture picture(40, 30, 255);
    for (const Crop& crop : {Crop{100, 0, 20}, Crop{-50, -50, 20}, Crop{1e7, 1e7, 30}, Crop{-1e7, 3, 64}})
        for (const std::uint8_t value : cut_out(picture.image(), crop, 16)) CHECK(value == 128);
    const auto half = cut_out(picture.image(), {-16, 0, 32}, 32);
    CHECK(half[0] == 128);
    CHECK(half[3 * 31] == 255);
}

TEST_CASE("a mark comes back to where it was through the crop and the way back, at every scale") {
    for (const double side : {60.0, 97.3, 200.0, 555.5, 1100.0}) {
        const Picture picture = dot(700, 500, 321.25, 222.75, std::max(6.0, side / 25));
        const Crop crop = {321.25 - 0.4 * side, 222.75 - 0.55 * side, side};
        const auto [u, v] = bright_centre(cut_out(picture.image(), crop, 128), 128);
        CHECK(std::abs(crop.image_x(float(u)) - 321.25) < 0.1 * side / 128 + 0.05);
        CHECK(std::abs(crop.image_y(float(v)) - 222.75) < 0.1 * side / 128 + 0.05);
    }
}

TEST_CASE("a fine pattern is averaged, not sampled") {
    Picture picture(512, 512);
    for (int y = 0; y < 512; ++y)
        for (int x = 0; x < 512; ++x)
            for (int c = 0; c < 3; ++c) picture.at(x, y, c) = std::uint8_t((x + y) % 2 * 255);
    for (const std::uint8_t value : cut_out(picture.image(), {0, 0, 512}, 64)) CHECK(std::abs(value - 128) <= 1);
}

TEST_CASE("channel orders and padded rows give the same crop") {
    const Picture picture = dot(64, 48, 30, 20, 8);
    const Crop crop = {3.5, -2, 51};
    const auto expected = cut_out(picture.image(), crop, 32);
    std::vector<std::uint8_t> rgba(48 * (4 * 64 + 12), 7);
    for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 64; ++x)
            for (int c = 0; c < 3; ++c) rgba[y * (4 * 64 + 12) + 4 * x + c] = picture.pixels[3 * (y * 64 + x) + 2 - c];
    CHECK(cut_out(check_image({rgba.data(), 64, 48, 4 * 64 + 12, SSPNET_RGBA}), crop, 32) == expected);
    const std::vector<std::uint8_t> gray(64 * 48, 90);
    const auto out = cut_out(check_image({gray.data(), 64, 48, 0, SSPNET_GRAY}), {10, 10, 20}, 16);
    for (const std::uint8_t value : out) CHECK(value == 90);
}

TEST_CASE("a box that makes no sense, or an image that cannot be used, is refused with the reason") {
    const Picture picture(64, 48);
    const Image image = picture.image();
    CHECK_NOTHROW(check_box({-10, -10, 20, 20}, image));
    CHECK_THROWS_AS(check_box({64, 0, 5, 5}, image), OptionError);
    CHECK_THROWS_AS(check_box({0, 0, 0, 5}, image), OptionError);
    CHECK_THROWS_AS(check_box({NAN, 0, 5, 5}, image), OptionError);
    CHECK_THROWS_AS(check_box({0, 0, INFINITY, 5}, image), OptionError);
    CHECK_THROWS_AS(check_image({nullptr, 64, 48, 0, SSPNET_BGR}), ImageError);
    CHECK_THROWS_AS(check_image({picture.pixels.data(), 7, 48, 0, SSPNET_BGR}), ImageError);
    CHECK_THROWS_AS(check_image({picture.pixels.data(), 64, 48, 100, SSPNET_BGR}), ImageError);
    CHECK_THROWS_AS(check_image({picture.pixels.data(), 64, 48, 0, 9}), ImageError);
}
