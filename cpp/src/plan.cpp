#include "plan.hpp"

#include "device.hpp"
#include "error.hpp"

#include <algorithm>
#include <system_error>

namespace sspnet::core {
namespace {

constexpr int kFramesBefore = 2;  // a measurement begins

std::vector<int> one_of(int value, const std::vector<int>& allowed, const char* name) {
    if (value == 0) return allowed;
    if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return {value};
    std::string list;
    for (const int choice : allowed) list += (list.empty() ? "" : ", ") + std::to_string(choice);
    throw OptionError(std::string(name) + " must be one of " + list + " with this bundle, or 0, not " + std::to_string(value));
}

std::string check_precision(const std::string& wanted, const Manifest& manifest) {
    const std::vector<std::string>& allowed = manifest.precisions;
    const auto has = [&](const std::string& name) { return std::find(allowed.begin(), allowed.end(), name) != allowed.end(); };
    if (wanted == "auto") return has("fp32") ? "fp32" : allowed.front();
    const std::vector<std::string> computable = manifest.computable();
    if (has(wanted) || std::count(computable.begin(), computable.end(), wanted) > 0) return wanted;
    std::string list = "'auto'";
    for (const auto* names : {&allowed, &computable})
        for (const std::string& name : *names) list += ", '" + name + "'";
    throw OptionError("precision must be one of " + list + " with this bundle, not '" + wanted + "'");
}

int check_threads(int wanted) {
    if (wanted < 0 || wanted > 1024)
        throw OptionError("threads must be a whole number from 1 to 1024, or 0, not " + std::to_string(wanted));
    return wanted == 0 ? default_threads() : wanted;
}

EngineSettings engine_settings(const Bundle& bundle, const Options& options) {
    const std::filesystem::path cache = cache_folder(options.cache_dir);
    return {options.device, check_precision(options.precision, bundle.manifest), check_threads(options.threads), cache};
}

/// The precisions that operating points are chosen from: the one asked for, else all that the bundle has graphs in, and those in
/// which the engine computes the fp32 graphs and the bundle states the accuracy.
std::vector<std::string> choices(const Manifest& manifest, const Options& options, const EngineSettings& settings,
                                 Engine& engine) {
    const std::vector<std::string> able = engine.precisions(settings.device);
    const auto in = [](const std::vector<std::string>& names, const std::string& name) {
        return std::count(names.begin(), names.end(), name) > 0;
    };
    if (!in(manifest.precisions, settings.precision) && !in(able, settings.precision))
        throw BackendError("precision '" + settings.precision + "' is not to be had from " + engine.name() + " on " +
                           settings.device + " here: openvino computes 'bf16' on CPUs with AVX-512 or AMX, 'fp16' on Intel GPUs");
    std::vector<std::string> precisions = {settings.precision};
    if (options.precision != "auto") return precisions;
    for (const std::string& name : manifest.precisions)
        if (name != settings.precision) precisions.push_back(name);
    for (const std::string& name : manifest.computable())
        if (in(able, name) && manifest.states(name)) precisions.push_back(name);
    return precisions;
}

Goal first_goal(const Options& options) {
    check_positive(options.percentile, "percentile", 100);
    if (options.target_fps != 0 && options.deadline_ms != 0) throw OptionError("give target_fps or deadline_ms, not both");
    if (options.target_fps != 0) return Goal::frame_rate(options.target_fps);
    return options.deadline_ms != 0 ? Goal::deadline(options.deadline_ms) : Goal::none();
}

}  // namespace

Plan::Plan(const Bundle& bundle, Options options, Turns& turns)
    : bundle_(bundle),
      options_(std::move(options)),
      turns_(turns),
      cuts_(one_of(options_.cut, bundle.manifest.cuts, "cut")),
      sizes_(one_of(options_.input_size, bundle.manifest.sizes, "input_size")),
      settings_(engine_settings(bundle, options_)),
      engine_(make_engine(options_.backend, settings_)),
      precisions_(choices(bundle.manifest, options_, settings_, *engine_)),
      networks_(bundle, *engine_, settings_) {
    networks_.open_lift_ahead();
    set_goal(first_goal(options_));
}

void Plan::set_goal(const Goal& goal) {
    if (goal.budget_ms)
        control(goal);
    else {
        StageChain& whole = networks_.chain(settings_.precision, sizes_.back());
        whole.open_side_by_side(cuts_.back());
        whole.warm_up(cuts_.back());
    }
    goal_ = goal;
}

std::optional<double> Plan::late_ms(const Goal& goal) const {
    if (goal.deadline_ms || !goal.budget_ms) return goal.deadline_ms;
    return cuts_.size() > 1 ? std::optional<double>(kLate * *goal.budget_ms) : std::nullopt;
}

OperatingPoint Plan::choose(const Goal& goal, int people, bool located) {
    if (goal.budget_ms) return control(goal).choose(people, located);
    return unmeasured(cuts_.back());
}

void Plan::observe(const Goal& goal, OperatingPoint point, int cut, double network_ms, double total_ms, int people,
                   bool located) {
    point.cut = cut;
    if (goal.budget_ms && controller_) {
        controller_->set_disturbed(is_being_measured());
        controller_->observe(point, network_ms, total_ms, people, located);
    }
    if (++frames_ >= kFramesBefore && due_ && !is_being_measured()) begin_to_measure();
}

SearchPlan Plan::search(const Goal& goal, bool everybody, bool patient) {
    const double load = goal.budget_ms ? control(goal).load() : 1;
    Finders finders;
    for (const int size : bundle_.manifest.sizes) {
        if (!networks_.has_finder(size)) continue;
        finders.sizes.push_back(size);
        if (networks_.has_finder(2 * size)) finders.finer.insert(size);
        if (!goal.budget_ms) continue;
        if (std::count(sizes_.begin(), sizes_.end(), size) > 0) finders.cost_ms[size] = speeds_->finder_ms(size) * load;
    }
    if (finders.sizes.empty()) throw OptionError("this bundle cannot find people: give the person's box");
    finders.one_look = networks_.gives_boxes() != nullptr;
    return plan_search(finders, goal, everybody, patient);
}

RateController& Plan::control(const Goal& goal) {
    const auto percentile = goal.deadline_ms ? std::optional<double>(options_.percentile) : std::nullopt;
    const Target target = {*goal.budget_ms, percentile, goal.label};
    if (target.budget_ms > longest_ms_) open_for(target.budget_ms);
    if (controller_) {
        controller_->retarget(target);
        return *controller_;
    }
    const auto seconds = [] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); };
    controller_.emplace(points_of(opened_), target, seconds, options_.log, fastest());
    return *controller_;
}

/// Frames may take longer than before, or have a budget for the first time.
void Plan::open_for(double budget_ms) {
    if (controller_) {
        opened_ = deepened(opened_, budget_ms);
        controller_->replan(points_of(opened_), fastest());
    } else {
        speeds_ = speeds_kept();
        if (speeds_->needs_look()) speeds_->look(networks_.chain(speeds_->own(), sizes_.back()));
        const Network best = agenda(speeds_->points(), speeds_->measured(), budget_ms, speeds_->own()).front().first;
        opened_ = deepened({{best, cuts_.front()}}, budget_ms);
        StageChain& chain = networks_.chain(best.first, best.second);
        chain.open_side_by_side(opened_.at(best));
        chain.warm_up(opened_.at(best));
    }
    longest_ms_ = budget_ms;
    due_ = next(*speeds_, opened_, budget_ms).has_value();
}

/// The same networks with all cuts that fit the budget.
Plan::Opened Plan::deepened(Opened opened, double budget_ms) const {
    for (const OperatingPoint& point : speeds_->points())
        if (const auto found = opened.find(network_of(point)); found != opened.end() && point.p50_ms <= kShare * budget_ms)
            found->second = std::max(found->second, point.cut);
    return opened;
}

std::vector<OperatingPoint> Plan::points_of(const Opened& opened) const {
    std::vector<OperatingPoint> here;
    for (const OperatingPoint& point : speeds_->points())
        if (const auto found = opened.find(network_of(point)); found != opened.end() && point.cut <= found->second)
            here.push_back(point);
    return here;
}

OperatingPoint Plan::fastest() const { return pareto_front(speeds_->points()).front(); }

Speeds Plan::speeds_kept() const {
    const std::string key = "2|" + describe_device() + "|" + std::to_string(settings_.threads) + " threads|" + engine_->name() +
                            " " + engine_->version() + "|" + settings_.device;
    return {bundle_.manifest, {cuts_, sizes_, precisions_}, settings_.cache, key};
}

void Plan::take_up() {
    std::optional<Found> found;
    {
        const std::lock_guard<std::mutex> lock(offered_);
        found.swap(offer_);
    }
    if (!found) return;
    speeds_ = std::move(found->speeds), opened_ = std::move(found->opened);
    controller_->replan(points_of(opened_), fastest());
    networks_.adopt(std::move(found->chains));
    std::set<Network> used = {{settings_.precision, sizes_.back()}};  // what people are looked at with
    for (const auto& [network, cut] : opened_) used.insert(network);
    networks_.keep(used);
}

void Plan::begin_to_measure() {
    due_ = false;
    try {
        survey_ = std::make_unique<Survey>(turns_, [this, speeds = *speeds_, opened = opened_, longest_ms = longest_ms_](
                                                       Survey& survey) { find_out(speeds, opened, longest_ms, survey); });
    } catch (const std::system_error&) {
        // No thread is to be had: what is estimated goes on being used, and this frame has its pose.
    }
}

/// In the survey's thread: one network after the other that frames may need.
void Plan::find_out(Speeds speeds, Opened opened, double budget_ms, Survey& survey) {
    while (const auto missing = next(speeds, opened, budget_ms)) {
        const Network network = missing->first;
        const int cut = speeds.knows(network.first, network.second) ? missing->second : bundle_.manifest.cuts.back();
        StageChain chain = prepared(speeds, network, cut, survey);
        Chains chains;
        const auto wanted = agenda(speeds.points(), speeds.measured(), budget_ms, speeds.own());
        const auto is_it = [&](const auto& entry) { return entry.first == network; };
        if (opened.count(network) > 0 || std::any_of(wanted.begin(), wanted.end(), is_it)) {
            opened[network] = std::min(cut, cuts_.back());
            chains.emplace(network, std::move(chain));
        }
        offer(speeds, opened, std::move(chains));
    }
}

/// What to have next, of what frames may need and have not: a network, and the deepest cut of it.
std::optional<std::pair<Network, int>> Plan::next(const Speeds& speeds, const Opened& opened, double budget_ms) const {
    for (const auto& wanted : agenda(speeds.points(), speeds.measured(), budget_ms, speeds.own())) {
        const auto found = opened.find(wanted.first);
        const bool is_open = found != opened.end() && found->second >= wanted.second;
        if (!is_open || !speeds.knows(wanted.first.first, wanted.first.second)) return wanted;
    }
    return std::nullopt;
}

/// A chain that is warmed up to `cut`, and measured where that is due.
StageChain Plan::prepared(Speeds& speeds, const Network& network, int cut, Survey& survey) const {
    const auto& [precision, size] = network;
    StageChain chain = networks_.another_chain(precision, size);
    survey.go_on();
    chain.open(cut);
    survey.in_turn([&] { chain.warm_up(cut); });
    if (speeds.knows(precision, size)) return chain;
    const std::unique_ptr<Chain> finder = precision == settings_.precision ? networks_.another_finder(size) : nullptr;
    const InTurn in_turn = [&](const std::function<void()>& run) { survey.in_turn(run); };
    speeds.add(precision, size, sspnet::core::measure(chain, finder.get(), cut, in_turn));
    return chain;
}

void Plan::offer(const Speeds& speeds, const Opened& opened, Chains chains) {
    const std::lock_guard<std::mutex> lock(offered_);
    if (offer_) chains.merge(offer_->chains);
    offer_ = Found{speeds, opened, std::move(chains)};
}

}  // namespace sspnet::core
