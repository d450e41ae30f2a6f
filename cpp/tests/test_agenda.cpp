#include "agenda.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

namespace {

/// As in tests/runtime/test_agenda.py.
std::vector<OperatingPoint> points(double worse_mm) {
    const int sizes[] = {128, 192, 256}, cuts[] = {2, 4, 8};
    const double ms[][3] = {{3, 4, 9}, {5, 6, 18}, {7, 9, 24}}, errors[][3] = {{86, 85, 84}, {67, 66, 65}, {64, 63, 62}};
    std::vector<OperatingPoint> all;
    for (const bool rough : {false, true})
        for (int i = 0; i < 3; ++i)
            for (int j = 0; j < 3; ++j) {
                const double share = rough ? 0.7 : 1;
                all.push_back({cuts[j], sizes[i], share * ms[i][j], 1.2 * share * ms[i][j], errors[i][j] + (rough ? worse_mm : 0),
                               rough ? "bf16" : "fp32"});
            }
    return all;
}

const std::set<Network> kOwn = {{"bf16", 128}, {"bf16", 192}, {"bf16", 256}};
const std::set<Network> kAll = {{"bf16", 128}, {"bf16", 192}, {"bf16", 256}, {"fp32", 128}, {"fp32", 192}, {"fp32", 256}};
using Found = std::vector<std::pair<Network, int>>;

}  // namespace

TEST_CASE("the most accurate network within the budget comes first, and other precisions last") {
    const Found found = agenda(points(0.5), {}, 20, "bf16");
    REQUIRE(found.size() == 6);
    CHECK(found[0].first == Network("bf16", 256));
    CHECK(found[1].first == Network("bf16", 192));
    CHECK(found[2].first == Network("bf16", 128));
    CHECK(found[3].first == Network("fp32", 256));
    CHECK(agenda(points(0.5), {}, 6.5, "bf16").front().first == Network("bf16", 192));
    CHECK(agenda(points(0.5), {}, 4.5, "bf16").front().first == Network("bf16", 128));
}

TEST_CASE("what surely takes longer than the budget is left out, and the fastest never") {
    CHECK(agenda(points(0.5), {}, 2.9, "bf16") == Found{{{"bf16", 128}, 4}, {{"bf16", 192}, 2}, {{"fp32", 128}, 2}});
    CHECK(agenda(points(0.5), {}, 0.1, "bf16") == Found{{{"bf16", 128}, 2}});
}

TEST_CASE("what is surely beaten by something measured is left out") {
    CHECK(agenda(points(0), kOwn, 100, "bf16").size() == 3);
    CHECK(agenda(points(0.5), kOwn, 100, "bf16").size() == 6);
}

TEST_CASE("once all is measured, the front within the budget counts, each network up to its deepest cut") {
    CHECK(agenda(points(0), kAll, 10, "bf16") == Found{{{"bf16", 256}, 4}, {{"bf16", 192}, 4}, {{"bf16", 128}, 4}});
    CHECK(agenda(points(3), kAll, 10, "bf16").front() == std::pair(Network("fp32", 256), 4));
}
