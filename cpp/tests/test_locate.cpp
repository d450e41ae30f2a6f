#include "locate.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

TEST_CASE("boxes overlap by what they share") {
    CHECK(iou({0, 0, 10, 10}, {0, 0, 10, 10}) == doctest::Approx(1));
    CHECK(iou({0, 0, 10, 10}, {5, 0, 10, 10}) == doctest::Approx(1.0 / 3));
    CHECK(iou({0, 0, 10, 10}, {20, 20, 5, 5}) == 0);
}
