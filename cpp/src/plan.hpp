// What an estimator's options come to on this device: the engine, and the operating point of each frame.
#pragma once

#include "goal.hpp"
#include "networks.hpp"
#include "rate.hpp"
#include "search_plan.hpp"
#include "speeds.hpp"
#include "survey.hpp"

#include <functional>

namespace sspnet::core {

/// sspnet_options with strings of its own.
struct Options {
    double target_fps = 0, deadline_ms = 0, percentile = 95;
    int cut = 0, input_size = 0, threads = 0;
    std::string precision = "auto", backend = "auto", device = "auto";
    std::optional<std::string> cache_dir;
    std::function<void(const std::string&)> log;
};

/// Checks the options, chooses the operating point frame by frame.
class Plan {
public:
    /// Throws OptionError, BackendError. `bundle` and `turns`, of which every frame takes one, outlive the plan.
    Plan(const Bundle& bundle, Options options, Turns& turns);

    Networks& networks() { return networks_; }
    const Engine& engine() const { return *engine_; }
    const EngineSettings& settings() const { return settings_; }
    const Goal& goal() const { return goal_; }
    void set_goal(const Goal& goal);
    bool out_of_reach() const { return goal_.budget_ms && controller_ && controller_->out_of_reach(); }

    /// The largest input size and the shallowest cut that the options allow, to see with whether somebody is a person.
    OperatingPoint first_look() const { return unmeasured(cuts_.front()); }

    /// After which time a frame is late. What would end later is not begun, but for a cut that was asked for beside a rate.
    std::optional<double> late_ms(const Goal& goal) const;

    /// For a frame to begin with: what was found out about this device since the last one.
    void take_up();

    /// The operating point for this frame; without a goal, the deepest cut at the largest size.
    OperatingPoint choose(const Goal& goal, int people, bool located);

    /// Tell what a frame really took, and the cut that it reached; of a frame without a goal nothing is learnt. With a goal, the
    /// device is measured in the background from the second frame on: the first would wait for it, and so would a program that
    /// wants one pose at its end.
    void observe(const Goal& goal, OperatingPoint point, int cut, double network_ms, double total_ms, int people, bool located);

    /// How to search for people (see plan_search). Throws OptionError where the bundle has no finder.
    SearchPlan search(const Goal& goal, bool everybody, bool patient = false);

private:
    OperatingPoint unmeasured(int cut) const { return {cut, sizes_.back(), 1, 1, 0, settings_.precision}; }
    using Chains = std::map<Network, StageChain>;

    /// The networks that frames may take, with the deepest cut of each.
    using Opened = std::map<Network, int>;

    /// What the survey found: timings, and chains that are warmed up.
    struct Found {
        Speeds speeds;
        Opened opened;
        Chains chains;
    };

    RateController& control(const Goal& goal);
    void open_for(double budget_ms);
    Speeds speeds_kept() const;
    Opened deepened(Opened opened, double budget_ms) const;
    std::vector<OperatingPoint> points_of(const Opened& opened) const;
    OperatingPoint fastest() const;
    bool is_being_measured() const { return survey_ && survey_->goes_on(); }
    void begin_to_measure();
    void find_out(Speeds speeds, Opened opened, double budget_ms, Survey& survey);
    std::optional<std::pair<Network, int>> next(const Speeds& speeds, const Opened& opened, double budget_ms) const;
    StageChain prepared(Speeds& speeds, const Network& network, int cut, Survey& survey) const;
    void offer(const Speeds& speeds, const Opened& opened, Chains chains);

    const Bundle& bundle_;
    Options options_;
    Turns& turns_;
    std::vector<int> cuts_, sizes_;
    EngineSettings settings_;
    std::unique_ptr<Engine> engine_;
    std::vector<std::string> precisions_;  ///< to choose from; people are found in the first
    Networks networks_;
    Goal goal_;
    std::optional<Speeds> speeds_;  ///< with a goal
    std::optional<RateController> controller_;
    Opened opened_;
    double longest_ms_ = 0;  ///< of all budgets so far
    bool due_ = false;       ///< there is something to find out for it
    int frames_ = 0;
    std::mutex offered_;
    std::optional<Found> offer_;  ///< until a frame takes it up
    std::unique_ptr<Survey> survey_;
};

}  // namespace sspnet::core
