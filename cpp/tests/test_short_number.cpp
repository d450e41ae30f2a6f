#include "short_number.hpp"

#include "error.hpp"
#include "image.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <cmath>

using namespace sspnet::core;

TEST_CASE("numbers in a message are short") {
    CHECK(short_number(30) == "30");
    CHECK(short_number(0.125) == "0.125");
    CHECK(short_number(1e290) == "1e+290");
    CHECK(short_number(NAN) == "nan");
    CHECK(rounded(12.345, 1) == "12.3");
    CHECK(rounded(81.6, 0) == "82");
}

TEST_CASE("numbers in a message have a point where the program's language has a comma") {
    if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) return;  // this system has not that language
    const std::uint8_t pixels[8 * 8] = {};
    const Image image = check_image({pixels, 8, 8, 0, SSPNET_GRAY});
    CHECK_THROWS_WITH(check_box({1000.5f, 20.25f, 100, 200}, image),
                      "box (1000.5, 20.25, 100, 200) (x, y, w, h) lies outside the image of 8x8 pixels");
    std::setlocale(LC_ALL, "C");
}
