#include "stages.hpp"

#include "answers.hpp"
#include "beside.hpp"
#include "error.hpp"

#include <algorithm>
#include <numeric>

namespace sspnet::core {
namespace {

constexpr std::uint8_t kGrey = 128;

std::vector<GraphFile> files(const Bundle& bundle, const std::vector<StageGraph>& graphs) {
    std::vector<GraphFile> result;
    for (const StageGraph& graph : graphs) result.push_back({bundle.file(graph.file), graph.inputs, graph.outputs});
    return result;
}

bool any_takes(const std::vector<StageGraph>& graphs, const std::string& name) {
    const auto takes = [&](const StageGraph& graph) { return std::count(graph.inputs.begin(), graph.inputs.end(), name) > 0; };
    return std::any_of(graphs.begin(), graphs.end(), takes);
}

std::vector<ChainInput> inputs(int size, int joints, bool previous) {
    std::vector<ChainInput> all = {ChainInput::image(size)};
    if (previous) all.push_back(ChainInput::pose("previous", joints));
    return all;
}

}  // namespace

StageChain::StageChain(const Bundle& bundle, Engine& engine, const EngineSettings& settings, int size)
    : graphs_(bundle.manifest.graphs.at({settings.precision, size}).stages),
      size_(size),
      joints_(std::size_t(bundle.manifest.joint_count)),
      takes_previous_(any_takes(graphs_, "previous")),
      chain_(engine.chain(files(bundle, graphs_), inputs(size, bundle.manifest.joint_count, takes_previous_), settings)),
      times_(graphs_.size()) {}

StageChain::Result StageChain::run(int cut, std::optional<Clock::time_point> deadline) {
    double spent = 0, expected = 0;
    Result result = {nullptr, 0};
    stage_ms_.clear();
    for (std::size_t i = 0; i < graphs_.size(); ++i) {
        if (graphs_[i].cut > cut && result.pose != nullptr) break;
        if (deadline && result.pose != nullptr &&
            !next_stage_fits(ms_between(Clock::now(), *deadline), spent, expected, times_[i]))
            break;
        chain_->open(i);
        const Clock::time_point begin = Clock::now();
        chain_->run(i);
        const double elapsed = ms_between(begin, Clock::now());
        result = {pose(i), graphs_[i].cut};
        stage_ms_.push_back(elapsed);
        spent += elapsed, expected += times_[i].mean_ms();
        times_[i].update(elapsed);
    }
    return result;
}

double StageChain::network_ms() const { return std::accumulate(stage_ms_.begin(), stage_ms_.end(), 0.0); }

std::size_t StageChain::stages_to(int cut) const {
    std::size_t count = 1;
    while (count < graphs_.size() && graphs_[count].cut <= cut) ++count;
    return count;
}

void StageChain::open(int cut) { chain_->open(stages_to(cut) - 1); }

void StageChain::open_side_by_side(int cut) {
    std::vector<std::future<void>> compiling;
    for (std::size_t i = 0; i < stages_to(cut); ++i) compiling.push_back(begin_beside([this, i] { chain_->compile(i); }));
    for (std::future<void>& one : compiling) one.wait();
    for (std::future<void>& one : compiling) one.get();
    open(cut);
}

void StageChain::warm_up(int cut) {
    std::fill_n(image(), 3 * std::size_t(size_) * std::size_t(size_), kGrey);
    if (takes_previous_) std::fill_n(previous(), 4 * joints_, 0.0f);
    run(cut);
    times_.assign(graphs_.size(), {});
    for (int i = 0; i < 3; ++i) run(cut);
}

const float* StageChain::pose(std::size_t index) {
    const std::string name = "pose_" + std::to_string(graphs_[index].cut);
    const Answer answer = checked_answer(*chain_, index, name, graphs_[index].file, kLargestInCrop);
    if (answer.shape != std::vector<std::size_t>{1, joints_, 4})
        throw BundleError("the graph " + graphs_[index].file + " gives " + name + " of another shape than (1, " +
                          std::to_string(joints_) + ", 4)");
    return answer.values;
}

}  // namespace sspnet::core
