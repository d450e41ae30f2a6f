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

TEST_CASE("points are those of the precisions that are measured") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    const Speeds half = known(manifest, {"bf16"});
    CHECK_FALSE(half.knows_all());
    for (const OperatingPoint& point : half.points(10)) CHECK(point.precision == "bf16");
    CHECK(half.points(10).size() == 3 * manifest.sizes.size());
    const Speeds all = known(manifest, {"bf16", "fp32"});
    CHECK(all.knows_all());
    CHECK(all.points(10).size() == 6 * manifest.sizes.size());
}

TEST_CASE("an unmeasured finder is guessed from the first stage that is known, by its work") {
    const Manifest manifest = parse_manifest(default_manifest().dump());
    const int largest = manifest.sizes.back(), smallest = manifest.sizes.front();
    const Speeds half = known(manifest, {"bf16"});
    CHECK(half.finder_ms(largest) == doctest::Approx(2));
    CHECK(half.finder_ms(smallest) < half.finder_ms(largest));
    CHECK(known(manifest, {"bf16", "fp32"}).finder_ms(smallest) == 7);
}
