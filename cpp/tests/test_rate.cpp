#include "rate.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace sspnet::core;
using nlohmann::json;

namespace {

const std::vector<OperatingPoint> kPoints = {
    {2, 128, 2.5, 2.9, 95}, {8, 128, 3.7, 4.2, 88}, {2, 192, 5.0, 5.7, 84}, {8, 256, 13.0, 15.0, 68}};

std::vector<OperatingPoint> points_of(const json& trace) {
    std::vector<OperatingPoint> points;
    for (const json& p : trace["points"]) points.push_back({p["cut"], p["input_size"], p["p50_ms"], p["p95_ms"], p["error"]});
    return points;
}

Target target_of(const json& budget_ms, const json& percentile) {
    return {budget_ms, percentile.is_null() ? std::optional<double>() : percentile.get<double>(), "target"};
}

/// Tells the controller one event of the trace; for a choice, checks it.
void replay(RateController& controller, const json& event) {
    const std::string kind = event[0];
    if (kind == "retarget") return controller.retarget(target_of(event[2], event[3]));
    if (kind == "observe") {
        OperatingPoint run;
        run.cut = event[2], run.input_size = event[3];
        return controller.observe(run, event[4], event[5], event[6], event[7]);
    }
    const OperatingPoint& chosen = controller.choose(event[2], event[3]);
    REQUIRE(chosen.cut == event[4].get<int>());
    REQUIRE(chosen.input_size == event[5].get<int>());
}

}  // namespace

TEST_CASE("the controller chooses in every frame of a recorded trace what the Python controller chose") {
    const json traces = json::parse(std::ifstream(SSPNET_SOURCE_DIR "/tests/cpp/rate_trace.json"));
    REQUIRE(traces.size() >= 4);
    for (const json& trace : traces) {
        CAPTURE(trace["name"].get<std::string>());
        double now = trace["start_s"];
        RateController controller(
            points_of(trace), target_of(trace["budget_ms"], trace["percentile"]), [&] { return now; }, nullptr);
        REQUIRE(trace["events"].size() > 300);
        for (const json& event : trace["events"]) {
            now = event[1];
            replay(controller, event);
        }
        CHECK(controller.switches() == trace["end"]["switches"].get<int>());
        CHECK(controller.load() == doctest::Approx(trace["end"]["load"].get<double>()).epsilon(1e-9));
        CHECK(controller.out_of_reach() == trace["end"]["out_of_reach"].get<bool>());
    }
}

TEST_CASE("the front holds no point that another beats") {
    std::vector<OperatingPoint> points = kPoints;
    points.push_back({4, 128, 6.0, 7.0, 90});
    const auto front = pareto_front(points);
    REQUIRE(front.size() == 4);
    for (std::size_t i = 1; i < front.size(); ++i) {
        CHECK(front[i].p50_ms > front[i - 1].p50_ms);
        CHECK(front[i].error < front[i - 1].error);
    }
}

TEST_CASE("more people in the frame mean a faster point for each") {
    RateController controller(kPoints, {20, std::nullopt, ""}, [] { return 0.0; }, nullptr);
    const double alone = controller.choose(1, false).p50_ms;
    CHECK(controller.choose(4, false).p50_ms < alone);
}

TEST_CASE("a target out of reach is said once") {
    std::vector<std::string> lines;
    RateController controller(
        kPoints, {1, std::nullopt, "target_fps=1000"}, [] { return 0.0; },
        [&](const std::string& line) { lines.push_back(line); });
    for (int i = 0; i < 30; ++i) controller.observe(controller.choose(1, false), 2.5, 2.7, 1, false);
    CHECK(controller.out_of_reach());
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] ==
          "target_fps=1000 is out of reach here: the fastest operating point (cut 2 at 128 px) takes 2.5 ms, 400 frames per "
          "second");
}

TEST_CASE("the tail of a point meets its measured percentiles") {
    const OperatingPoint point = {2, 128, 4.0, 6.0, 1.0};
    CHECK(point.tail(50) == doctest::Approx(1.0));
    CHECK(point.tail(95) == doctest::Approx(1.5));
    CHECK(point.tail(99) > 1.5);
}

TEST_CASE("the normal quantile turns the distribution around, far into its tails") {
    for (const double x : {-6.0, -2.5, -0.7, 0.0, 0.3, 1.6448536269514722, 4.0})
        CHECK(normal_quantile(0.5 * std::erfc(-x / std::sqrt(2.0))) == doctest::Approx(x).epsilon(1e-9));
    CHECK(normal_quantile(1e-300) == doctest::Approx(-37.0471));
}

TEST_CASE("one network more leaves what is known of the load; another timing does not") {
    std::vector<OperatingPoint> few = kPoints;
    few.pop_back();
    RateController controller(few, {20, std::nullopt, ""}, [] { return 0.0; }, nullptr);
    for (int i = 0; i < 50; ++i) {
        const OperatingPoint point = controller.choose(1, false);
        controller.observe(point, 2 * point.p50_ms, 2 * point.p50_ms + 1, 1, false);
    }
    controller.replan(kPoints);
    CHECK(controller.load() == doctest::Approx(2).epsilon(0.05));
    std::vector<OperatingPoint> faster = kPoints;
    for (OperatingPoint& point : faster) point.p50_ms /= 2;
    controller.replan(faster);
    CHECK(controller.load() == 1);
}

TEST_CASE("the fastest point tells what is out of reach, before it can be run; frames beside a measurement do not") {
    const OperatingPoint slow = {2, 256, 9, 10, 70}, fast = {2, 128, 3, 4, 90};
    const auto still = [] { return 0.0; };
    CHECK(RateController({slow}, {5, std::nullopt, ""}, still, nullptr).out_of_reach());
    RateController controller({slow}, {5, std::nullopt, ""}, still, nullptr, fast);
    CHECK_FALSE(controller.out_of_reach());
    std::vector<std::string> lines;
    RateController disturbed({fast}, {10, std::nullopt, "target_fps=100"}, still,
                             [&](const std::string& line) { lines.push_back(line); });
    for (const bool measured : {true, false}) {
        disturbed.set_disturbed(measured);
        for (int i = 0; i < 20; ++i) disturbed.observe(disturbed.choose(1, false), 80, 90, 1, false);
        CHECK(lines.size() == (measured ? 0 : 1));
    }
}
