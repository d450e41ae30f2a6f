// Measure the operating points on this device, once: the result is kept in the cache folder.
#pragma once

#include "rate.hpp"
#include "stages.hpp"

#include <filesystem>
#include <functional>
#include <map>

namespace sspnet::core {

/// Timings of one input size: p50 and p95 of the chain up to each cut, in the bundle's order; the finder's median, 0 without one.
struct Timings {
    std::vector<double> p50_ms, p95_ms;
    double finder_ms = 0;
};

class Profile {
public:
    /// Reads what is kept under `key` (everything that timings depend on) in `folder`; an empty folder keeps nothing.
    Profile(std::filesystem::path folder, std::string key, std::size_t cuts);

    bool knows(int size) const { return timings_.count(size) > 0; }
    const Timings& at(int size) const { return timings_.at(size); }

    /// Add a size's timings, and keep them where that is possible.
    void add(int size, Timings timings);

private:
    void read();
    void write() const;

    std::filesystem::path path_;
    std::string key_;
    std::size_t cuts_;
    std::map<int, Timings> timings_;
};

/// Calls what it is given where nothing else runs meanwhile.
using InTurn = std::function<void(const std::function<void()>&)>;

/// Measure a chain that was warmed up, and its finder (NULL: none), whose image is already there; each run within `in_turn`.
Timings measure(StageChain& chain, Chain* finder, int deepest_cut, const InTurn& in_turn);

/// The `share` (0..1) quantile, linear between the values.
double quantile(std::vector<double> values, double share);

}  // namespace sspnet::core
