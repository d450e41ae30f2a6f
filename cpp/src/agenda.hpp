// Which networks a frame budget can need, in the order in which they matter. Pure.
#pragma once

#include "rate.hpp"

#include <set>
#include <utility>

namespace sspnet::core {

/// Precision and input size. Its cuts share their stages.
using Network = std::pair<std::string, int>;

inline Network network_of(const OperatingPoint& point) { return {point.precision, point.input_size}; }

/// Of the budget, what a network may take: the rest is for the crop and the joints in millimetres.
constexpr double kShare = 0.94;

/// The networks that are worth having, each with its deepest cut that is: the best within the budget first. Left out is what a
/// measured point surely beats in both latency and error, and what surely takes longer than the budget. The fastest network
/// always counts: frames go there when the device is busy.
///
/// @param points    of all networks, measured or estimated
/// @param measured  the networks whose points are measured
/// @param own       the precision that was looked at; what is not measured in others comes last
std::vector<std::pair<Network, int>> agenda(const std::vector<OperatingPoint>& points, const std::set<Network>& measured,
                                            double budget_ms, const std::string& own);

}  // namespace sspnet::core
