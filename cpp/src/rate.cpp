#include "rate.hpp"

#include "short_number.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace sspnet::core {
namespace {

// Hysteresis: a point is left when it costs more than kKeep budgets. A dearer one is taken when it would cost less than kTake of
// the budget, for so many frames. An upgrade that did not last keeps the next one waiting, longer each time.
constexpr double kKeep = 1.02, kTake = 0.94, kFirstWaitS = 0.5, kLongestWaitS = 2, kLastingS = 2;
constexpr double kOnTime = 92;  // of 100 frames of a rate, by their spread alone: some others are stopped before they are late
constexpr int kDwellFrames = 4, kUnreachedFrames = 10;
constexpr std::size_t kOverheads = 9;
constexpr double kNever = -std::numeric_limits<double>::infinity();

void keep(std::deque<double>& values, double value, std::size_t most) {
    values.push_back(value);
    if (values.size() > most) values.pop_front();
}

}  // namespace

double OperatingPoint::tail(double percentile) const {
    const double ratio = std::max(p95_ms / p50_ms, 1.0);
    return std::pow(ratio, normal_quantile(percentile / 100) / normal_quantile(0.95));
}

bool OperatingPoint::operator==(const OperatingPoint& other) const {
    return std::tie(cut, input_size, p50_ms, p95_ms, error, precision) ==
           std::tie(other.cut, other.input_size, other.p50_ms, other.p95_ms, other.error, other.precision);
}

std::vector<OperatingPoint> pareto_front(std::vector<OperatingPoint> points) {
    std::stable_sort(points.begin(), points.end(), [](const OperatingPoint& a, const OperatingPoint& b) {
        return std::tie(a.p50_ms, a.error) < std::tie(b.p50_ms, b.error);
    });
    std::vector<OperatingPoint> front;
    for (const OperatingPoint& point : points)
        if (front.empty() || point.error < front.back().error) front.push_back(point);
    return front;
}

RateController::RateController(const std::vector<OperatingPoint>& points, Target target, Clock clock, Warn warn_with,
                               const std::optional<OperatingPoint>& fastest)
    : target_(std::move(target)),
      clock_(std::move(clock)),
      warn_(std::move(warn_with)),
      upgraded_at_(kNever),
      wait_s_(kFirstWaitS),
      not_before_(kNever) {
    replan(points, fastest);
    if (out_of_reach()) warn(1, false);
}

bool RateController::out_of_reach() const {
    return expected(fastest_, 1, false) > target_.budget_ms || unreached_ >= kUnreachedFrames;
}

void RateController::replan(const std::vector<OperatingPoint>& points, const std::optional<OperatingPoint>& fastest) {
    const bool goes_on = !front_.empty() && std::count(points.begin(), points.end(), front_[index_]) > 0;
    front_ = pareto_front(points);
    fastest_ = fastest.value_or(front_.front());
    points_.clear();
    for (const OperatingPoint& point : points) points_[{point.cut, point.input_size, point.precision}] = point;
    if (!goes_on) {
        load_ = {}, spread_ = {}, late_ = {};
        for (std::deque<double>& overheads : overheads_) overheads.clear();
    }
    index_ = candidate_ = best(kTake, 1, false), dwell_ = unreached_ = 0;
}

void RateController::retarget(const Target& target) {
    if (target.budget_ms == target_.budget_ms && target.percentile == target_.percentile) return;
    target_ = target;
    index_ = best(kTake, 1, false), dwell_ = 0, unreached_ = 0;
}

const OperatingPoint& RateController::choose(int people, bool located) {
    if (cost(index_, people, located) > target_.budget_ms * kKeep)
        degrade(best(1.0, people, located));
    else
        consider(best(kTake, people, located));
    return front_[index_];
}

void RateController::observe(const OperatingPoint& point, double network_ms, double total_ms, int people, bool located) {
    const auto known = points_.find({point.cut, point.input_size, point.precision});
    const double ratio = network_ms / ((known == points_.end() ? point : known->second).p50_ms * people);
    load_.update(ratio);
    spread_.update(ratio / load_.value());
    const double late_ms = kLate * target_.budget_ms;
    const bool hopeless = ratio * people * fastest_.p50_ms + overhead(located) > late_ms;  // even the fastest point is late
    if (!hopeless) late_.update(total_ms > late_ms, spread_.tail(kOnTime) / kLate);
    keep(overheads_[located], std::max(total_ms - network_ms, 0.0), kOverheads);
    const double undisturbed = disturbed_ ? fastest_.p50_ms * people : expected(fastest_, people, located);
    unreached_ = undisturbed > target_.budget_ms * kKeep ? unreached_ + 1 : 0;
    if (unreached_ >= kUnreachedFrames) warn(people, located);
}

/// What has to stay within the budget.
double RateController::cost(std::size_t index, int people, bool located) const {
    const double expected_ms = expected(front_[index], people, located);
    if (target_.percentile) return expected_ms;
    const double usual = load_.value() * people * front_[index].p50_ms + overhead(located);
    return std::max(expected_ms, late_.factor() * usual);
}

/// The mean, or the percentile that is asked for.
double RateController::expected(const OperatingPoint& point, int people, bool located) const {
    const double p50_ms = point.p50_ms * people;
    if (!target_.percentile) return load_.mean() * p50_ms + overhead(located);
    return load_.value() * tail(point, *target_.percentile) * p50_ms + overhead(located);
}

double RateController::overhead(bool located) const { return overheads_[located].empty() ? 0.0 : median(overheads_[located]); }

double RateController::tail(const OperatingPoint& point, double percentile) const {
    return spread_.known() ? spread_.tail(percentile) : point.tail(percentile);
}

std::size_t RateController::best(double share, int people, bool located) const {
    for (std::size_t i = front_.size(); i-- > 0;)
        if (cost(i, people, located) <= target_.budget_ms * share) return i;
    return 0;
}

void RateController::degrade(std::size_t index) {
    if (index >= index_) return;
    const double now = clock_();
    const bool lasted = now - upgraded_at_ > kLastingS;
    wait_s_ = lasted ? kFirstWaitS : std::min(2 * wait_s_, kLongestWaitS);
    not_before_ = lasted ? kNever : now + wait_s_;
    move(index);
}

void RateController::consider(std::size_t candidate) {
    if (candidate <= index_) {
        dwell_ = 0;
        return;
    }
    candidate_ = dwell_ > 0 ? std::min(candidate, candidate_) : candidate;
    ++dwell_;
    if (dwell_ >= kDwellFrames && clock_() >= not_before_) {
        upgraded_at_ = clock_();
        move(candidate_);
    }
}

void RateController::move(std::size_t index) {
    index_ = index, dwell_ = 0;
    ++switches_;
}

void RateController::warn(int people, bool located) {
    if (warned_) return;
    warned_ = true;
    const OperatingPoint& point = fastest_;
    const double latency = expected(point, people, located);
    const std::string text = " is out of reach here: the fastest operating point (cut " + std::to_string(point.cut) + " at " +
                             std::to_string(point.input_size) + " px) takes " + rounded(latency, 1) + " ms, " +
                             rounded(1000 / latency, 0) + " frames per second";
    if (warn_) warn_(target_.label + text);
}

}  // namespace sspnet::core
