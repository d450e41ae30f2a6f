#include "agenda.hpp"

#include <algorithm>
#include <limits>

namespace sspnet::core {
namespace {

constexpr double kEstimatedShare = 0.7;  // of the budget, where a time is only estimated, to begin with
constexpr double kSurely = 0.75;         // of its estimated time, a network takes at least
constexpr double kNone = std::numeric_limits<double>::infinity();

struct Worth {
    Network network;
    int cut;
    bool later;
    double error, p50_ms;  ///< of the best point that fits, of the fastest point
};

}  // namespace

std::vector<std::pair<Network, int>> agenda(const std::vector<OperatingPoint>& points, const std::set<Network>& measured,
                                            double budget_ms, const std::string& own) {
    const auto is_measured = [&](const OperatingPoint& point) { return measured.count(network_of(point)) > 0; };
    std::vector<OperatingPoint> known;
    std::copy_if(points.begin(), points.end(), std::back_inserter(known), is_measured);
    const std::vector<OperatingPoint> front = pareto_front(known);
    const auto fastest = std::min_element(points.begin(), points.end(),
                                          [](const OperatingPoint& a, const OperatingPoint& b) { return a.p50_ms < b.p50_ms; });
    const auto is_needed = [&](const OperatingPoint& point) {
        if (is_measured(point)) return point.p50_ms <= budget_ms && std::count(front.begin(), front.end(), point) > 0;
        const double least_ms = kSurely * point.p50_ms;
        return least_ms <= budget_ms && std::none_of(known.begin(), known.end(), [&](const OperatingPoint& other) {
                   return other.p50_ms <= least_ms && other.error <= point.error;
               });
    };
    std::vector<Worth> worth;
    for (auto point = points.begin(); point != points.end(); ++point) {
        if (point != fastest && !is_needed(*point)) continue;
        const Network network = network_of(*point);
        const double share = is_measured(*point) ? kShare : kEstimatedShare;
        const double error = point->p50_ms <= share * budget_ms ? point->error : kNone;
        const auto found = std::find_if(worth.begin(), worth.end(), [&](const Worth& one) { return one.network == network; });
        if (found == worth.end())
            worth.push_back({network, point->cut, !is_measured(*point) && network.first != own, error, point->p50_ms});
        else
            *found = {network, std::max(found->cut, point->cut), found->later, std::min(found->error, error),
                      std::min(found->p50_ms, point->p50_ms)};
    }
    std::stable_sort(worth.begin(), worth.end(), [](const Worth& a, const Worth& b) {
        return std::tie(a.later, a.error, a.p50_ms) < std::tie(b.later, b.error, b.p50_ms);
    });
    std::vector<std::pair<Network, int>> networks;
    for (const Worth& one : worth) networks.emplace_back(one.network, one.cut);
    return networks;
}

}  // namespace sspnet::core
