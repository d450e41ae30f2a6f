#include "goal.hpp"

#include "error.hpp"
#include "short_number.hpp"

namespace sspnet::core {

double check_positive(double value, const char* name, double below) {
    if (value > 0 && value < below) return value;
    const std::string limits = below == HUGE_VAL ? "a positive number" : "a number between 0 and " + short_number(below);
    throw OptionError(std::string(name) + " must be " + limits + ", not " + short_number(value));
}

Goal Goal::frame_rate(double fps) {
    return {1000 / check_positive(fps, "target_fps"), std::nullopt, "target_fps=" + short_number(fps)};
}

Goal Goal::deadline(double ms) {
    check_positive(ms, "deadline_ms");
    return {ms, ms, "deadline_ms=" + short_number(ms)};
}

}  // namespace sspnet::core
