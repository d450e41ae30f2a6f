#include "search_plan.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

constexpr double kShare = 0.4;  // of the frame budget that finding the person may take
constexpr int kFewestRuns = 2;  // under a frame rate: a pose beside the person is worth nothing, however early
constexpr int kUnlimitedRuns = 1000;
constexpr int kLooks = 3, kLooksForEverybody = 20;  // at small people, from nearer
constexpr int kFinerCost = 4;                       // of a finder with twice as many cells each way, against the one beside it
constexpr int kChoosingCost = 5;                    // of the poses that say who is a person
constexpr double kLeastCostMs = 1e-6;

struct Affordable {
    int size, runs;
};

/// Finder size and number of runs that the budget allows. Two are preferred where one pass gives a rough box.
Affordable affordable(const Finders& finders, const Goal& goal) {
    if (!goal.budget_ms) return {finders.sizes.back(), kUnlimitedRuns};
    const int fewest = goal.deadline_ms || finders.one_look ? 1 : kFewestRuns;
    const double budget_ms = kShare * *goal.budget_ms;
    if (finders.cost_ms.empty()) return {finders.sizes.front(), fewest};
    int size = finders.cost_ms.begin()->first;
    for (int runs = 1; runs <= (finders.one_look ? 1 : 2); ++runs)
        for (const auto& [measured, cost_ms] : finders.cost_ms)
            if (runs * cost_ms <= budget_ms) size = measured;
    const double runs = budget_ms / std::max(finders.cost_ms.at(size), kLeastCostMs);
    return {size, std::max(fewest, int(std::min<double>(runs, kUnlimitedRuns)))};
}

}  // namespace

SearchPlan plan_search(const Finders& finders, const Goal& goal, bool everybody, bool patient) {
    const Affordable can = affordable(finders, patient ? Goal::none() : goal);
    const bool hurry = patient && goal.budget_ms;
    const int looks = std::min(everybody ? kLooksForEverybody : kLooks, can.runs - 1);
    if (finders.one_look) return {can.size, hurry ? 0 : looks, false, !hurry && looks > 0, everybody};
    const int left = hurry ? 0 : can.runs - 1 - 2 * looks;
    return {can.size, looks, left > kFinerCost && finders.finer.count(can.size) > 0, left > kFinerCost + kChoosingCost,
            everybody};
}

}  // namespace sspnet::core
