#include "latency.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

constexpr std::size_t kLatest = 200, kFewest = 40;
constexpr double kAllowed = 0.04, kStep = 0.03, kMost = 1.1;  // late of all frames; logarithms of the factor
constexpr std::size_t kLatestLate = 50;
constexpr std::ptrdiff_t kSeveral = 4;

}  // namespace

double median(const std::deque<double>& values) {
    std::deque<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

void LoadEstimate::update(double ratio) {
    recent_.push_back(ratio);
    if (recent_.size() > 5) recent_.pop_front();
    const double level = median(recent_);
    const double threshold = std::max(0.12, 2.5 * spread_);
    astray_ = std::abs(level / value_ - 1) > threshold ? astray_ + 1 : 0;
    if (astray_ >= 2) {
        value_ = level, astray_ = 0;
        return;
    }
    const double reach = 1 + 3 * std::max(spread_, 0.03);
    const double usual = std::min(std::max(ratio, value_ / reach), value_ * reach);
    excess_ += 0.005 * (std::max(ratio - usual, 0.0) - excess_);
    spread_ += 0.05 * (std::min(std::abs(ratio / value_ - 1), 3 * spread_ + 0.02) - spread_);
    value_ += 0.08 * (usual - value_);
}

bool RecentSpread::known() const { return latest_.size() >= kFewest; }

void RecentSpread::update(double ratio) {
    latest_.push_back(ratio);
    ordered_.insert(std::upper_bound(ordered_.begin(), ordered_.end(), ratio), ratio);
    if (latest_.size() <= kLatest) return;
    ordered_.erase(std::lower_bound(ordered_.begin(), ordered_.end(), latest_.front()));
    latest_.pop_front();
}

double RecentSpread::tail(double percentile) const {
    const std::size_t at = std::min(std::size_t(double(ordered_.size()) * percentile / 100), ordered_.size() - 1);
    return std::max(1.0, ordered_[at]);
}

double LateFrames::factor() const { return std::exp(caution_); }

void LateFrames::update(bool late, double needed) {
    caution_ = std::max(caution_ + kStep * (double(late) - kAllowed), 0.0);
    latest_.push_back(late);
    if (latest_.size() > kLatestLate) latest_.pop_front();
    if (std::count(latest_.begin(), latest_.end(), true) >= kSeveral) caution_ = std::max(caution_, std::log(needed));
    caution_ = std::min(caution_, kMost);
}

void StageTime::update(double elapsed_ms) {
    if (!known()) {
        mean_ms_ = std::max(elapsed_ms, 1e-6), deviation_ms_ = elapsed_ms / 10;
        return;
    }
    deviation_ms_ += 0.2 * (std::min(std::abs(elapsed_ms - mean_ms_), mean_ms_) - deviation_ms_);
    mean_ms_ += 0.2 * (std::min(elapsed_ms, 3 * mean_ms_) - mean_ms_);
}

bool next_stage_fits(double left_ms, double spent_ms, double expected_ms, const StageTime& upcoming) {
    const double slowdown = expected_ms > 0 ? std::max(1.0, spent_ms / expected_ms) : 1.0;
    return upcoming.p95_ms() * slowdown <= left_ms;
}

}  // namespace sspnet::core
