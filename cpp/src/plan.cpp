#include "plan.hpp"

#include "device.hpp"
#include "error.hpp"

#include <algorithm>

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
    return {options.device, check_precision(options.precision, bundle.manifest), check_threads(options.threads),
            cache};
}

/// The precisions that operating points are chosen from: the one asked for, else all that the bundle has graphs in, and those in
/// which the engine computes the fp32 graphs and the bundle states the accuracy.
std::vector<std::string> choices(const Manifest& manifest, const Options& options, const EngineSettings& settings, Engine& engine) {
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

void Plan::observe(OperatingPoint point, int cut, double network_ms, double total_ms, int people, bool located) {
    point.cut = cut;
    if (controller_) controller_->observe(point, network_ms, total_ms, people, located);
    if (++frames_ >= kFramesBefore && controller_ && !survey_) begin_to_measure();
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
    budget_ms_ = target.budget_ms;
    if (controller_) {
        controller_->retarget(target);
        return *controller_;
    }
    speeds_ = speeds_kept();
    const auto is_known = [&](const std::string& precision) { return speeds_->knows(precision); };
    if (std::none_of(precisions_.begin(), precisions_.end(), is_known)) speeds_->look(networks_.chain(precisions_.back(), sizes_.back()));
    const auto seconds = [] { return std::chrono::duration<double>(Clock::now().time_since_epoch()).count(); };
    controller_.emplace(speeds_->points(target.budget_ms), target, seconds, options_.log);
    const OperatingPoint first = controller_->choose(1, false);
    networks_.chain(first.precision, first.input_size).warm_up(first.cut);
    return *controller_;
}

Speeds Plan::speeds_kept() const {
    const std::string key = "2|" + describe_device() + "|" + std::to_string(settings_.threads) + " threads|" + engine_->name() + " " +
                            engine_->version() + "|" + settings_.device;
    return {bundle_.manifest, {cuts_, sizes_, precisions_}, settings_.cache, key};
}

void Plan::take_up() {
    std::optional<Found> found;
    {
        const std::lock_guard<std::mutex> lock(offered_);
        found.swap(offer_);
    }
    if (!found) return;
    speeds_ = std::move(found->speeds);
    controller_->replan(speeds_->points(budget_ms_));
    networks_.adopt(std::move(found->chains));
    std::set<std::pair<std::string, int>> used = {{settings_.precision, sizes_.back()}};  // what people are looked at with
    for (const OperatingPoint& point : controller_->front()) used.insert({point.precision, point.input_size});
    networks_.keep(used);
}

void Plan::begin_to_measure() {
    survey_ = std::make_unique<Survey>(turns_, [this, speeds = *speeds_, budget_ms = budget_ms_](Survey& survey) {
        measure(speeds, budget_ms, survey);
    });
}

/// In the survey's thread. The precision that the first look was taken in comes first, so that there is a good choice soon.
void Plan::measure(Speeds speeds, double budget_ms, Survey& survey) {
    for (auto precision = precisions_.rbegin(); precision != precisions_.rend(); ++precision) {
        Chains chains;
        for (const int size : sizes_)
            if (!speeds.knows(*precision, size)) measure_size(speeds, *precision, size, chains, survey);
        std::set<int> front;
        for (const OperatingPoint& point : pareto_front(speeds.points(budget_ms)))
            if (point.precision == *precision) front.insert(point.input_size);
        for (auto chain = chains.begin(); chain != chains.end();)
            chain = front.count(chain->first.second) > 0 ? std::next(chain) : chains.erase(chain);
        for (const int size : front) {
            if (chains.count({*precision, size}) > 0) continue;
            StageChain& chain = chains.emplace(std::pair(*precision, size), networks_.another_chain(*precision, size)).first->second;
            survey.go_on();
            chain.open(cuts_.back());
            survey.in_turn([&] { chain.warm_up(cuts_.back()); });
        }
        offer(speeds, std::move(chains));
    }
}

void Plan::measure_size(Speeds& speeds, const std::string& precision, int size, Chains& chains, Survey& survey) const {
    const int deepest = bundle_.manifest.cuts.back();
    StageChain& chain = chains.emplace(std::pair(precision, size), networks_.another_chain(precision, size)).first->second;
    survey.go_on();
    chain.open(deepest);
    survey.in_turn([&] { chain.warm_up(deepest); });
    const std::unique_ptr<Chain> finder = precision == settings_.precision ? networks_.another_finder(size) : nullptr;
    const InTurn in_turn = [&](const std::function<void()>& run) { survey.in_turn(run); };
    speeds.add(precision, size, sspnet::core::measure(chain, finder.get(), deepest, in_turn));
}

void Plan::offer(const Speeds& speeds, Chains chains) {
    const std::lock_guard<std::mutex> lock(offered_);
    if (offer_) chains.merge(offer_->chains);
    offer_ = Found{speeds, std::move(chains)};
}

}  // namespace sspnet::core
