// The cases that Python and the browser replay too: how much searching a frame pays for.
#include "search_plan.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>

#include <fstream>

using namespace sspnet::core;
using nlohmann::json;

namespace {

Finders finders_of(const json& described) {
    Finders finders;
    finders.sizes = described["sizes"].get<std::vector<int>>();
    finders.finer = described["finer"].get<std::set<int>>();
    for (const auto& [size, cost_ms] : described["cost_ms"].items()) finders.cost_ms[std::stoi(size)] = cost_ms;
    finders.one_look = described["one_look"];
    return finders;
}

Goal goal_of(const json& described) {
    if (described.contains("deadline_ms")) return Goal::deadline(described["deadline_ms"]);
    return described.contains("target_fps") ? Goal::frame_rate(described["target_fps"]) : Goal::none();
}

}  // namespace

TEST_CASE("a frame pays for as much searching as in Python") {
    const json all = json::parse(std::ifstream(SSPNET_SOURCE_DIR "/tests/search_cases.json"));
    for (const json& recorded : all["cases"]) {
        INFO(recorded["says"].get<std::string>());
        const Finders finders = finders_of(all["finders"][recorded["finders"].get<std::string>()]);
        const SearchPlan plan = plan_search(finders, goal_of(recorded["goal"]), recorded["everybody"], recorded["patient"]);
        const json& expected = recorded["plan"];
        CHECK(plan.size == expected["size"]);
        CHECK(plan.looks == expected["looks"]);
        CHECK(plan.finer == expected["finer"]);
        CHECK(plan.poses == expected["poses"]);
        CHECK(plan.everybody == recorded["everybody"]);
    }
}
