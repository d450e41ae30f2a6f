#include "speeds.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

constexpr int kLooks = 5;
constexpr double kTail = 1.3;             // 95th percentile over median, until it is measured
constexpr double kFinderWork = 2;         // of the first stage's, until it is measured
constexpr double kEstimatedShare = 0.7;  // of the budget, for a network whose time is only estimated

}  // namespace

Speeds::Speeds(const Manifest& manifest, Choices choices, const std::filesystem::path& cache, const std::string& key)
    : manifest_(&manifest), choices_(std::move(choices)) {
    for (const std::string& precision : choices_.precisions)
        profiles_.try_emplace(precision, cache, key + "|" + precision + " beside " + choices_.precisions.front() + "|" + manifest.digest,
                              manifest.cuts.size());
}

bool Speeds::knows(const std::string& precision) const {
    return std::all_of(choices_.sizes.begin(), choices_.sizes.end(), [&](int size) { return knows(precision, size); });
}

bool Speeds::knows_all() const {
    return std::all_of(profiles_.begin(), profiles_.end(), [&](const auto& entry) { return knows(entry.first); });
}

void Speeds::look(StageChain& chain) {
    std::vector<double> times;
    const int first = manifest_->cuts.front();
    chain.run(first);  // a first run is not like the others
    for (int i = 0; i < kLooks; ++i) chain.run(first), times.push_back(chain.network_ms());
    look_ms_ = quantile(times, 0.5);
}

std::vector<OperatingPoint> Speeds::points(double budget_ms) const {
    const std::vector<int>& all = manifest_->cuts;
    std::vector<OperatingPoint> points;
    for (const std::string& precision : choices_.precisions) {
        if (!knows(precision)) continue;
        for (const int size : choices_.sizes) {
            const Timings& timings = profiles_.at(precision).at(size);
            for (std::size_t i = 0; i < all.size(); ++i)
                if (std::count(choices_.cuts.begin(), choices_.cuts.end(), all[i]) > 0)
                    points.push_back(point(precision, size, all[i], timings.p50_ms[i], timings.p95_ms[i]));
        }
    }
    return points.empty() ? estimate(budget_ms) : points;
}

std::vector<OperatingPoint> Speeds::estimate(double budget_ms) const {
    const std::string& precision = choices_.precisions.back();
    const double per_work = first_ms() / work(choices_.sizes.back(), manifest_->cuts.front());
    std::vector<OperatingPoint> points;
    for (const int size : choices_.sizes)
        for (const int cut : choices_.cuts) {
            const double p50_ms = per_work * work(size, cut);
            points.push_back(point(precision, size, cut, p50_ms, kTail * p50_ms));
        }
    const OperatingPoint* best = &points.front();
    for (const OperatingPoint& point : points)
        if (point.p50_ms <= kEstimatedShare * budget_ms && point.error < best->error) best = &point;
    const int size = best->input_size;
    points.erase(std::remove_if(points.begin(), points.end(), [&](const OperatingPoint& point) { return point.input_size != size; }),
                 points.end());
    return points;
}

double Speeds::finder_ms(int size) const {
    const Profile& profile = profiles_.at(choices_.precisions.front());
    if (profile.knows(size)) return profile.at(size).finder_ms;
    const int first = manifest_->cuts.front();
    return kFinderWork * first_ms() * work(size, first) / work(choices_.sizes.back(), first);
}

OperatingPoint Speeds::point(const std::string& precision, int size, int cut, double p50_ms, double p95_ms) const {
    return {cut, size, p50_ms, p95_ms, manifest_->error(choices_.precisions, precision, size, cut), precision};
}

double Speeds::work(int size, int cut) const { return manifest_->macs.at({size, cut}); }

double Speeds::first_ms() const {
    const Profile& profile = profiles_.at(choices_.precisions.back());
    return look_ms_ > 0 || !profile.knows(choices_.sizes.back()) ? look_ms_ : profile.at(choices_.sizes.back()).p50_ms.front();
}

}  // namespace sspnet::core
