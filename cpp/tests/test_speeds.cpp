#include "manifest_text.hpp"
#include "speeds.hpp"

#include <doctest/doctest.h>

using namespace sspnet::core;

namespace {

/// As if every network of fp32 took as many milliseconds as its cut, and of bf16 half of that.
Speeds known(const Manifest& manifest, std::vector<std::string> precisions) {
    Speeds speeds(manifest, {manifest.cuts, manifest.sizes, {"fp32", "bf16"}}, {}, "key");
    for (const std::string& precision : precisions)
        for (const int size : manifest.sizes) {
            const double share = precision == "fp32" ? 1 : 0.5;
            speeds.add(precision, size, {{2 * share, 4 * share, 8 * share}, {3, 5, 9}, 7});
        }
    return speeds;
}

}  // namespace

TEST_CASE("points are as measured, and estimated where they are not") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    const Speeds half = known(manifest, {"bf16"}), all = known(manifest, {"bf16", "fp32"});
    CHECK(half.measured().size() == manifest.sizes.size());
    CHECK(all.measured().size() == 2 * manifest.sizes.size());
    CHECK_FALSE(half.needs_look());
    CHECK(known(manifest, {}).needs_look());
    for (const Speeds* speeds : {&half, &all}) CHECK(speeds->points().size() == 6 * manifest.sizes.size());
    for (const OperatingPoint& point : all.points()) CHECK(point.p50_ms == point.cut * (point.precision == "fp32" ? 1 : 0.5));
    for (const OperatingPoint& point : half.points())
        if (point.precision == "bf16") CHECK(point.p50_ms == 0.5 * point.cut);
}

TEST_CASE("a size is estimated as it compares in another precision, else by its work") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    const int largest = manifest.sizes.back(), smallest = manifest.sizes.front(), first = manifest.cuts.front();
    const auto first_cut = [&](const Speeds& speeds, const char* precision) {
        for (const OperatingPoint& point : speeds.points())
            if (point.precision == precision && point.input_size == smallest && point.cut == first) return point.p50_ms;
        return 0.0;
    };
    Speeds speeds(manifest, {manifest.cuts, manifest.sizes, {"fp32", "bf16"}}, {}, "key");
    speeds.add("bf16", largest, {{6, 8, 20}, {7, 9, 22}, 0});
    const double work = manifest.macs.at({smallest, first}) / manifest.macs.at({largest, first});
    CHECK(first_cut(speeds, "bf16") == doctest::Approx(6 * work));
    speeds.add("bf16", smallest, {{3, 4, 10}, {3, 4, 11}, 0});
    speeds.add("fp32", largest, {{10, 12, 34}, {11, 13, 36}, 0});
    CHECK(first_cut(speeds, "fp32") == doctest::Approx(5));
}

TEST_CASE("an unmeasured finder is guessed from the first stage that is known, by its work") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    const int largest = manifest.sizes.back(), smallest = manifest.sizes.front();
    const Speeds half = known(manifest, {"bf16"});
    CHECK(half.finder_ms(largest) == doctest::Approx(2));
    CHECK(half.finder_ms(smallest) < half.finder_ms(largest));
    CHECK(known(manifest, {"bf16", "fp32"}).finder_ms(smallest) == 7);
}
