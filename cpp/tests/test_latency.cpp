#include "latency.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

TEST_CASE("the load follows a step within four frames and ignores a single spike") {
    LoadEstimate load;
    for (int i = 0; i < 50; ++i) load.update(1.0);
    load.update(8.0);
    CHECK(load.value() == doctest::Approx(1.0).epsilon(0.05));
    for (int i = 0; i < 20; ++i) load.update(1.0);
    for (int i = 0; i < 4; ++i) load.update(2.0);
    CHECK(load.value() == doctest::Approx(2.0).epsilon(0.03));
}

TEST_CASE("a stall in the first stage stops the frame before the next") {
    StageTime upcoming;
    upcoming.update(2.0);
    CHECK(next_stage_fits(3.0, 4.0, 4.0, upcoming));
    CHECK_FALSE(next_stage_fits(3.0, 12.0, 4.0, upcoming));
}

TEST_CASE("the median of an even number lies between the middle two") {
    CHECK(median({3, 1, 2}) == 2);
    CHECK(median({4, 1, 2, 3}) == 2.5);
}
