// How fast a bundle is on this device: kept from before or measured, and until then estimated from one look.
#pragma once

#include "agenda.hpp"
#include "profile.hpp"

namespace sspnet::core {

/// What operating points are chosen from.
struct Choices {
    std::vector<int> cuts, sizes;         ///< ascending
    std::vector<std::string> precisions;  ///< people are found in the first; a look is taken in the last
};

class Speeds {
public:
    /// `key`: everything else that timings depend on; `cache`: the folder that keeps them, or empty.
    Speeds(const Manifest& manifest, Choices choices, const std::filesystem::path& cache, const std::string& key);

    bool knows(const std::string& precision, int size) const { return profiles_.at(precision).knows(size); }

    /// The networks that are measured.
    std::set<Network> measured() const;

    /// Whether nothing is known to estimate by.
    bool needs_look() const;

    /// Keep what was measured.
    void add(const std::string& precision, int size, Timings timings) { profiles_.at(precision).add(size, std::move(timings)); }

    /// Take a quick look: time the first stage of `chain`, which is that of the last precision at the largest size.
    void look(StageChain& chain);

    /// All operating points: as measured, else as estimated.
    std::vector<OperatingPoint> points() const;

    /// The precision that a look is taken in.
    const std::string& own() const { return choices_.precisions.back(); }

    /// Median time of the finder; where it is not measured, a guess from its work.
    double finder_ms(int size) const;

private:
    Timings estimate(const std::string& precision, int size) const;
    double work(int size, int cut) const;
    double first_ms() const;

    const Manifest* manifest_;
    Choices choices_;
    std::map<std::string, Profile> profiles_;  ///< by precision
    double look_ms_ = 0;
};

}  // namespace sspnet::core
