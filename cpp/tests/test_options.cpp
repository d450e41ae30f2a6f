#include "error.hpp"
#include "manifest_text.hpp"
#include "plan.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>

using namespace sspnet::core;

namespace {

/// What is said about the options after `change`.
std::string complaint(const std::function<void(Options&)>& change) {
    const Bundle bundle = {kDefaultBundle, parse_manifest(default_manifest().dump())};
    Options options;
    options.cache_dir = "";
    change(options);
    try {
        Turns turns;
        Plan(bundle, options, turns);
        return "";
    } catch (const OptionError& error) {
        return error.what();
    }
}

bool says(const std::string& complaint, const std::string& words) { return complaint.find(words) != std::string::npos; }

}  // namespace

TEST_CASE("an option that means nothing for the bundle is refused with what would be right") {
    CHECK(says(complaint([](Options& o) { o.cut = 3; }), "cut must be one of 2, 4, 8"));
    CHECK(says(complaint([](Options& o) { o.input_size = 100; }), "input_size must be one of 128, "));
    CHECK(says(complaint([](Options& o) { o.precision = "fp8"; }), "precision must be one of 'auto', 'fp32', 'bf16', 'fp16'"));
    CHECK(says(complaint([](Options& o) { o.backend = "magic"; }),
               "backend must be 'auto', 'openvino' or 'onnxruntime', not 'magic'"));
    CHECK(says(complaint([](Options& o) { o.threads = -1; }), "threads must be a whole number from 1"));
    CHECK(says(complaint([](Options& o) { o.cache_dir = "/dev/null/folder"; }), "cache_dir /dev/null/folder cannot be written"));
}

TEST_CASE("a goal is a positive number") {
    CHECK_THROWS_WITH_AS(Goal::frame_rate(-30), "target_fps must be a positive number, not -30", OptionError);
    CHECK_THROWS_AS(Goal::deadline(NAN), OptionError);
    CHECK_THROWS_AS(Goal::deadline(INFINITY), OptionError);
    CHECK(*Goal::frame_rate(50).budget_ms == 20);
}
