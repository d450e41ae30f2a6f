// How fast a bundle is on this device: kept from before or measured, and until then estimated from one look.
#pragma once

#include "profile.hpp"
#include "rate.hpp"

namespace sspnet::core {

/// What operating points are chosen from.
struct Choices {
    std::vector<int> cuts, sizes;          ///< ascending
    std::vector<std::string> precisions;  ///< people are found in the first; a look is taken in the last
};

class Speeds {
public:
    /// `key`: everything else that timings depend on; `cache`: the folder that keeps them, or empty.
    Speeds(const Manifest& manifest, Choices choices, const std::filesystem::path& cache, const std::string& key);

    bool knows(const std::string& precision, int size) const { return profiles_.at(precision).knows(size); }

    /// Whether all sizes are known, of one precision or of all.
    bool knows(const std::string& precision) const;
    bool knows_all() const;

    /// Keep what was measured.
    void add(const std::string& precision, int size, Timings timings) { profiles_.at(precision).add(size, std::move(timings)); }

    /// Take a quick look: time the first stage of `chain`, which is that of the last precision at the largest size.
    void look(StageChain& chain);

    /// The operating points of all precisions that are known. Where none is: as estimated by the look, of the one size that is most
    /// accurate within the budget.
    std::vector<OperatingPoint> points(double budget_ms) const;

    /// Median time of the finder; where it is not measured, a guess from its work.
    double finder_ms(int size) const;

private:
    std::vector<OperatingPoint> estimate(double budget_ms) const;
    OperatingPoint point(const std::string& precision, int size, int cut, double p50_ms, double p95_ms) const;
    double work(int size, int cut) const;
    double first_ms() const;

    const Manifest* manifest_;
    Choices choices_;
    std::map<std::string, Profile> profiles_;  ///< by precision
    double look_ms_ = 0;
};

}  // namespace sspnet::core
