#include "person.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

TEST_CASE("stages that would not end before the deadline are not begun, even where only the deepest cut is planned") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 8;
    sspnet::Estimator estimator(kDefaultBundle, options);
    CHECK(estimator.predict_within(0.5, scene.image(), kBox).cut == 2);
    CHECK(estimator.predict_within(60000, scene.image(), kBox).cut == 8);
    CHECK(estimator.predict(scene.image(), kBox).cut == 8);
}

TEST_CASE("an impossible rate takes the first cut and is said once; a slow one, or none, is within reach") {
    const Scene scene;
    std::vector<std::string> lines;
    sspnet::Options options = quiet_options();
    options.target_fps = 0.01;
    options.log = [&](const std::string& line) { lines.push_back(line); };
    sspnet::Estimator estimator(kDefaultBundle, options);
    const sspnet::Info info = estimator.describe();
    sspnet::Pose pose = estimator.predict(scene.image(), kBox);
    CHECK_FALSE(estimator.out_of_reach());
    CHECK(lines.empty());
    estimator.set_target_fps(1e6);
    for (int i = 0; i < 15; ++i) pose = estimator.predict(scene.image(), kBox);
    CHECK(pose.cut == info.cuts[0]);
    CHECK(estimator.out_of_reach());
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].find("target_fps=1e+06 is out of reach here") == 0);
    estimator.set_target_fps(0);
    CHECK_FALSE(estimator.out_of_reach());
    CHECK(estimator.predict(scene.image(), kBox).cut == info.cuts[info.cut_count - 1]);
}

TEST_CASE("a moved estimator still logs") {
    std::vector<std::string> lines;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    options.log = [&](const std::string& line) { lines.push_back(line); };
    sspnet::Estimator first(kDefaultBundle, options);
    sspnet::Estimator second = std::move(first);
    second.set_deadline(1e-3);
    CHECK(lines.size() == 1);
}

TEST_CASE("bf16 is there by name where the engine computes it, and moves joints a little") {
    const Scene scene;
    sspnet::Options options = quiet_options();
    options.input_size = 128, options.cut = 2;
    sspnet::Estimator exact(kDefaultBundle, options);
    options.precision = "bf16";
    try {
        sspnet::Estimator rough(kDefaultBundle, options);
        const sspnet::Pose there = exact.predict(scene.image(), kBox), here = rough.predict(scene.image(), kBox);
        double moved = 0;
        for (int j = 0; j < there.joint_count; ++j) moved += std::abs(there.keypoints[j][0] - here.keypoints[j][0]);
        CHECK(moved > 0);
        CHECK(moved / there.joint_count < 0.2 * kBox.h);
    } catch (const sspnet::Error& error) {  // ONNX Runtime, or a CPU without it
        CHECK(std::string(error.what()).find("precision 'bf16' is not to be had from") == 0);
    }
}
