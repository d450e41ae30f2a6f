#include "speeds.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace sspnet::core {
namespace {

constexpr int kLooks = 5;
constexpr double kTail = 1.3;      // 95th percentile over median, until it is measured
constexpr double kFinderWork = 2;  // of the first stage's, until it is measured

}  // namespace

Speeds::Speeds(const Manifest& manifest, Choices choices, const std::filesystem::path& cache, const std::string& key)
    : manifest_(&manifest), choices_(std::move(choices)) {
    for (const std::string& precision : choices_.precisions)
        profiles_.try_emplace(precision, cache,
                              key + "|" + precision + " beside " + choices_.precisions.front() + "|" + manifest.digest,
                              manifest.cuts.size());
}

std::set<Network> Speeds::measured() const {
    std::set<Network> networks;
    for (const std::string& precision : choices_.precisions)
        for (const int size : choices_.sizes)
            if (knows(precision, size)) networks.insert({precision, size});
    return networks;
}

bool Speeds::needs_look() const {
    return look_ms_ == 0 &&
           std::none_of(choices_.sizes.begin(), choices_.sizes.end(), [&](int size) { return knows(own(), size); });
}

void Speeds::look(StageChain& chain) {
    std::vector<double> times;
    const int first = manifest_->cuts.front();
    chain.run(first);  // a first run is not like the others
    for (int i = 0; i < kLooks; ++i) chain.run(first), times.push_back(chain.network_ms());
    look_ms_ = quantile(times, 0.5);
}

std::vector<OperatingPoint> Speeds::points() const {
    const std::vector<int>& all = manifest_->cuts;
    std::vector<OperatingPoint> points;
    for (const std::string& precision : choices_.precisions)
        for (const int size : choices_.sizes) {
            const Timings timings = knows(precision, size) ? profiles_.at(precision).at(size) : estimate(precision, size);
            for (std::size_t i = 0; i < all.size(); ++i)
                if (std::count(choices_.cuts.begin(), choices_.cuts.end(), all[i]) > 0)
                    points.push_back({all[i], size, timings.p50_ms[i], timings.p95_ms[i],
                                      manifest_->error(choices_.precisions, precision, size, all[i]), precision});
        }
    return points;
}

/// By the nearest size that is measured in this precision: as these two sizes compare where both are measured in another
/// precision, else by their work. Where nothing is, by what is known of the first stage and all work.
Timings Speeds::estimate(const std::string& precision, int size) const {
    std::optional<int> near;
    for (const int other : choices_.sizes)
        if (knows(precision, other) && (!near || std::abs(other - size) < std::abs(*near - size))) near = other;
    Timings timings;
    for (std::size_t i = 0; i < manifest_->cuts.size(); ++i) {
        const int cut = manifest_->cuts[i];
        if (!near) {
            const double p50_ms = first_ms() * work(size, cut) / work(choices_.sizes.back(), manifest_->cuts.front());
            timings.p50_ms.push_back(p50_ms), timings.p95_ms.push_back(kTail * p50_ms);
            continue;
        }
        double ratio = work(size, cut) / work(*near, cut);
        for (const auto& [other, profile] : profiles_)
            if (profile.knows(size) && profile.knows(*near)) ratio = profile.at(size).p50_ms[i] / profile.at(*near).p50_ms[i];
        const Timings& there = profiles_.at(precision).at(*near);
        timings.p50_ms.push_back(ratio * there.p50_ms[i]), timings.p95_ms.push_back(ratio * there.p95_ms[i]);
    }
    return timings;
}

double Speeds::finder_ms(int size) const {
    const Profile& profile = profiles_.at(choices_.precisions.front());
    if (profile.knows(size)) return profile.at(size).finder_ms;
    const int first = manifest_->cuts.front();
    return kFinderWork * first_ms() * work(size, first) / work(choices_.sizes.back(), first);
}

double Speeds::work(int size, int cut) const { return manifest_->macs.at({size, cut}); }

/// Of the first stage at the largest size, in the precision that is looked at.
double Speeds::first_ms() const {
    if (look_ms_ > 0) return look_ms_;
    const int first = manifest_->cuts.front(), largest = choices_.sizes.back();
    for (auto size = choices_.sizes.rbegin(); size != choices_.sizes.rend(); ++size)
        if (knows(own(), *size)) return profiles_.at(own()).at(*size).p50_ms.front() * work(largest, first) / work(*size, first);
    return 0;
}

}  // namespace sspnet::core
