// What one frame is to keep: a mean budget, a deadline, or neither.
#pragma once

#include <cmath>
#include <optional>
#include <string>

namespace sspnet::core {

struct Goal {
    std::optional<double> budget_ms, deadline_ms;
    std::string label;

    static Goal none() { return {}; }
    static Goal frame_rate(double fps);  ///< throws OptionError
    static Goal deadline(double ms);     ///< throws OptionError
};

/// The option's value, if it lies between 0 and `below`. Throws OptionError.
double check_positive(double value, const char* name, double below = HUGE_VAL);

}  // namespace sspnet::core
