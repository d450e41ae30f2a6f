// How much searching a frame may pay for: which finder runs, how often, and who settles a doubt. Pure: costs come in.
// Twins: sspnet_sdk/frame_rate/search_plan.py, examples/web/estimator/search_plan.js; all three replay tests/search_cases.json.
#pragma once

#include "goal.hpp"

#include <map>
#include <set>
#include <vector>

namespace sspnet::core {

/// The finders of a bundle.
struct Finders {
    std::vector<int> sizes;         ///< their inputs in pixels, ascending; not empty
    std::set<int> finer;            ///< those of `sizes` beside which there is a finder of twice the size
    std::map<int, double> cost_ms;  ///< what a run of each takes on this device now; only those that were measured
    bool one_look = false;          ///< one run over the whole picture also finds small people; poses settle doubts
};

/// How people are searched for in one picture.
struct SearchPlan {
    int size;        ///< input of the finder that runs, in pixels
    int looks;       ///< so many small people, at most, are looked at again from nearer; with `one_look`, by poses
    bool finer;      ///< the finder of twice the size may be asked where nobody is clear
    bool poses;      ///< poses may say who is a person where nobody is clear
    bool everybody;  ///< all people are wanted, not one
};

/// The search that the goal leaves time for. `patient`: search whatever that costs; a goal then only forgoes what a doubt costs.
SearchPlan plan_search(const Finders& finders, const Goal& goal, bool everybody = false, bool patient = false);

}  // namespace sspnet::core
