// Estimates of latency from what was observed: the load of the device, and the time of one stage. Pure.
#pragma once

#include <deque>
#include <vector>

namespace sspnet::core {

/// Median; the mean of the middle two where their number is even. Not of nothing.
double median(const std::deque<double>& values);

/// How much slower the device is now than when it was profiled: a slow mean that jumps when frames agree on a new level.
/// `value` follows steps within four frames and ignores single spikes; `mean` adds what spikes cost on average.
class LoadEstimate {
public:
    double value() const { return value_; }
    double mean() const { return value_ + excess_; }

    /// `ratio`: a frame's latency over the profile's for the same point.
    void update(double ratio);

private:
    double value_ = 1, spread_ = 0.05, excess_ = 0;
    int astray_ = 0;
    std::deque<double> recent_;
};

/// How far single frames lie from what was expected of them: quantiles of the latest ratios.
class RecentSpread {
public:
    /// Whether enough frames were seen to speak of quantiles.
    bool known() const;

    /// `ratio`: a frame's latency over the one that was expected of it.
    void update(double ratio);

    /// The ratio that `percentile` of the latest frames did not exceed, at least 1.
    double tail(double percentile) const;

private:
    std::deque<double> latest_;
    std::vector<double> ordered_;
};

/// How much dearer than expected frames must be taken for, so that few are late: up with each that is, at once to what the spread
/// asks for when several are, slowly down again.
class LateFrames {
public:
    /// At least 1.
    double factor() const;

    /// `needed`: the factor that the spread of the latest frames asks for.
    void update(bool late, double needed);

private:
    double caution_ = 0;
    std::deque<bool> latest_;
};

/// Running estimate of one stage's time, in milliseconds.
class StageTime {
public:
    bool known() const { return mean_ms_ > 0; }
    double mean_ms() const { return mean_ms_; }

    /// What the next run will hardly exceed (the mean and two mean deviations).
    double p95_ms() const { return mean_ms_ + 2 * deviation_ms_; }

    void update(double elapsed_ms);

private:
    double mean_ms_ = 0, deviation_ms_ = 0;
};

/// Whether one more stage is expected to end in `left_ms`.
///
/// `spent_ms` and `expected_ms`: what this frame's earlier stages took, and what they usually take. A machine that stalls shows
/// in the first stage already; the next one will be as slow.
bool next_stage_fits(double left_ms, double spent_ms, double expected_ms, const StageTime& upcoming);

}  // namespace sspnet::core
