#include "survey.hpp"

#include <doctest/doctest.h>

#include <future>
#include <stdexcept>

using namespace sspnet::core;

TEST_CASE("nothing is measured while a frame runs, and a frame waits for one run at most") {
    Turns turns;
    std::promise<void> in_step, may_end;
    std::atomic<int> steps = 0;
    Survey survey(turns, [&](Survey& self) {
        self.in_turn([&] { in_step.set_value(), may_end.get_future().wait(), ++steps; });
        for (;;) self.in_turn([&] { ++steps; });
    });
    in_step.get_future().wait();
    auto frame = std::async(std::launch::async, [&] {
        const Turns::Turn turn(turns);
        const int before = steps;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return std::pair(before, steps.load());
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the frame waits by now
    may_end.set_value();
    const auto [before, after] = frame.get();
    CHECK(before == 1);
    CHECK(after == 1);
}

TEST_CASE("a survey is left at its next step, and one that fails hurts nobody") {
    Turns turns;
    std::atomic<bool> begun = false, ended = false;
    {
        Survey survey(turns, [&](Survey& self) {
            for (;; begun = true) self.in_turn([] {});
            ended = true;
        });
        while (!begun) std::this_thread::yield();
    }
    CHECK_FALSE(ended);
    Survey failing(turns, [](Survey&) { throw std::runtime_error("no engine"); });
    const Turns::Turn turn(turns);
}
