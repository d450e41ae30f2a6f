#include "profile.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <random>

using namespace sspnet::core;
namespace fs = std::filesystem;

TEST_CASE("a profile is kept for its own key, and a spoilt one is as good as none") {
    const fs::path folder = fs::temp_directory_path() / ("sspnet-" + std::to_string(std::random_device{}()));
    fs::create_directories(folder);
    {
        Profile profile(folder, "key", 2);
        CHECK_FALSE(profile.knows(128));
        profile.add(128, {{1.5, 2.5}, {1.75, 3}, 0.5});
    }
    Profile again(folder, "key", 2);
    REQUIRE(again.knows(128));
    CHECK(again.at(128).p95_ms == std::vector<double>{1.75, 3});
    CHECK(again.at(128).finder_ms == 0.5);
    CHECK_FALSE(Profile(folder, "another key", 2).knows(128));
    CHECK_FALSE(Profile(folder, "key", 3).knows(128));
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            for (const char* spoilt : {R"("p50_ms": "fast")", R"("p50_ms": [1, 2], "p95_ms": [1, 2], "finder_ms": -1)",
                                       R"("p50_ms": [1, 0], "p95_ms": [1, 2], "finder_ms": 1)"}) {
                std::ofstream(entry.path()) << R"({"key": "key", "timings": {"128": {)" << spoilt << "}}}";
                CHECK_FALSE(Profile(folder, "key", 2).knows(128));
            }
    fs::remove_all(folder);
}

TEST_CASE("nothing is kept where no folder is given") {
    Profile profile({}, "key", 1);
    profile.add(128, {{1}, {2}, 0});
    CHECK(profile.knows(128));
}

TEST_CASE("quantiles are linear between the values") {
    CHECK(quantile({4, 1, 3, 2}, 0.5) == doctest::Approx(2.5));
    CHECK(quantile({1, 2, 3, 4, 5}, 0.95) == doctest::Approx(4.8));
    CHECK(quantile({7}, 0.95) == 7);
}
