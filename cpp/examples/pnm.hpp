// Binary PGM (P5) and PPM (P6) pictures of 8 bits, the simplest there are: `convert photo.jpg photo.ppm` makes one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct Picture {
    int width = 0, height = 0, channels = 3;  ///< 3: RGB, 1: gray
    std::vector<std::uint8_t> pixels;
};

/// Throws std::runtime_error: says what is wrong with the content.
Picture parse_pnm(const std::string& content);

/// Throws std::runtime_error.
Picture read_pnm(const std::string& path);
void write_ppm(const std::string& path, const Picture& picture);
