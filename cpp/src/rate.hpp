// Which operating point fits the frame budget. Pure: timings and a clock come in, decisions go out; no network runs here.
#pragma once

#include "latency.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace sspnet::core {

/// One way to run the network, and what it costs and gives on this device: latency of one crop, and an error that is lower where
/// the pose is better.
struct OperatingPoint {
    int cut = 0, input_size = 0;
    double p50_ms = 1, p95_ms = 1, error = 0;
    std::string precision = {};

    /// The latency at `percentile` as a multiple of the median, from a log-normal through p50 and p95.
    double tail(double percentile) const;

    bool operator==(const OperatingPoint& other) const;
};

/// The points that no other point beats in both latency and error, fastest (and worst) first.
std::vector<OperatingPoint> pareto_front(std::vector<OperatingPoint> points);

/// The standard normal distribution's quantile of `p` in (0, 1), exact to about 1e-15 relative.
double normal_quantile(double p);

/// A frame rate is a mean, but hardly a frame shall be late: take more than so many budgets.
constexpr double kLate = 1.05;

/// What one frame is to keep: a mean budget (a frame rate), or a percentile of a deadline.
struct Target {
    double budget_ms = 0;
    std::optional<double> percentile;
    std::string label;  ///< how the user asked for it; begins the one warning that says it is out of reach
};

/// Moves along the Pareto front so that frames fit the budget: the most accurate point whose expected latency does.
class RateController {
public:
    using Clock = std::function<double()>;  ///< seconds, monotonic
    using Warn = std::function<void(const std::string&)>;

    /// `fastest`: the fastest point there is, where it cannot be run yet: it tells what is out of reach. Nothing: that of
    /// `points`.
    RateController(const std::vector<OperatingPoint>& points, Target target, Clock clock, Warn warn,
                   const std::optional<OperatingPoint>& fastest = std::nullopt);

    const std::vector<OperatingPoint>& front() const { return front_; }
    int switches() const { return switches_; }
    double load() const { return load_.value(); }  ///< latency now over latency when profiled
    bool out_of_reach() const;

    /// Choose among other points from now on, as at the start. What is known of the load stays if the chosen point is among them
    /// with the timing that it had.
    void replan(const std::vector<OperatingPoint>& points, const std::optional<OperatingPoint>& fastest = std::nullopt);

    /// Whether frames are slower for a while because this device is being measured: they do not tell what is out of reach.
    void set_disturbed(bool disturbed) { disturbed_ = disturbed; }

    /// Change the target; what is known about the load stays.
    void retarget(const Target& target);

    /// The point for the next frame.
    ///
    /// @param people   crops that the frame holds; they share the budget
    /// @param located  the frame also pays for finding the person
    const OperatingPoint& choose(int people, bool located);

    /// Take one frame's timings.
    ///
    /// @param point       what was really run (a deadline may have stopped it at a shallower cut than chosen)
    /// @param network_ms  time in the network for all `people`
    /// @param total_ms    time from call to result
    void observe(const OperatingPoint& point, double network_ms, double total_ms, int people, bool located);

private:
    double cost(std::size_t index, int people, bool located) const;
    double expected(const OperatingPoint& point, int people, bool located) const;
    double overhead(bool located) const;
    double tail(const OperatingPoint& point, double percentile) const;
    std::size_t best(double share, int people, bool located) const;
    void degrade(std::size_t index);
    void consider(std::size_t candidate);
    void move(std::size_t index);
    void warn(int people, bool located);

    std::vector<OperatingPoint> front_;
    OperatingPoint fastest_;
    std::map<std::tuple<int, int, std::string>, OperatingPoint> points_;  // by cut, input size and precision
    Target target_;
    Clock clock_;
    Warn warn_;
    LoadEstimate load_;
    RecentSpread spread_;
    LateFrames late_;
    std::deque<double> overheads_[2];
    std::size_t index_ = 0, candidate_ = 0;
    int switches_ = 0, dwell_ = 0, unreached_ = 0;
    double upgraded_at_, wait_s_, not_before_;
    bool disturbed_ = false, warned_ = false;
};

}  // namespace sspnet::core
