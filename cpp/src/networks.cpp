#include "networks.hpp"

#include "answers.hpp"
#include "beside.hpp"
#include "error.hpp"
#include "previous.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

constexpr std::size_t kMostShapes = 4;  // of views that stay open: of a video there is one

FinderMaps maps(const Answer& centre, const Answer& joints, const Answer& heat) {
    using Shape = std::vector<std::size_t>;
    const std::size_t rows = centre.shape.size() == 3 ? centre.shape[1] : 0, columns = rows > 0 ? centre.shape[2] : 0;
    const std::size_t count =
        std::max(joints.shape.size() == 5 ? joints.shape[1] : std::size_t(0), std::size_t(SSPNET_BODY_JOINTS));
    if (columns == 0 || joints.shape != Shape{1, count, 2, rows, columns} || heat.shape != Shape{1, count, rows, columns})
        throw BundleError("the bundle's finder lacks centre (N, h, w), joints (N, J, 2, h, w) or heat (N, J, h, w)");
    return {centre.values, joints.values, heat.values, int(rows), int(columns)};
}

}  // namespace

StageChain& Networks::chain(const std::string& precision, int size) {
    const auto found = chains_.find({precision, size});
    if (found != chains_.end()) return found->second;
    return chains_.emplace(std::pair(precision, size), another_chain(precision, size)).first->second;
}

StageChain Networks::another_chain(const std::string& precision, int size) const {
    EngineSettings settings = settings_;
    settings.precision = precision;
    return {bundle_, engine_, settings, size};
}

void Networks::adopt(std::map<std::pair<std::string, int>, StageChain> chains) {
    for (const auto& [key, chain] : chains) chains_.erase(key);
    chains_.merge(chains);
}

void Networks::keep(const std::set<std::pair<std::string, int>>& chains) {
    for (auto chain = chains_.begin(); chain != chains_.end();)
        chain = chains.count(chain->first) > 0 ? std::next(chain) : chains_.erase(chain);
}

std::string Networks::finder_file(int size) const {
    const auto& graphs = bundle_.manifest.graphs;
    if (const auto own = graphs.find({settings_.precision, size}); own != graphs.end()) return own->second.finder;
    const auto half = graphs.find({settings_.precision, size / 2});
    return half == graphs.end() ? std::string() : half->second.finer_finder;
}

std::unique_ptr<Chain> Networks::another_finder(int size) const {
    if (!has_finder(size)) return nullptr;
    const CentresAndBoxes* numbers = gives_boxes();
    if (numbers == nullptr) return open_finder(size, size, size);
    const int across = int(std::lround(numbers->picture_scale * size)) / numbers->stride;
    const int down = int(std::lround(numbers->picture_scale * size)) * 3 / 4 / numbers->stride;
    return open_finder(size, std::max(1, across) * numbers->stride, std::max(1, down) * numbers->stride);
}

std::unique_ptr<Chain> Networks::open_finder(int size, int width, int height) const {
    const std::vector<std::string> outputs = gives_boxes() != nullptr ? std::vector<std::string>{"centre", "box"}
                                                                      : std::vector<std::string>{"centre", "joints", "heat"};
    auto opened =
        engine_.chain({{bundle_.file(finder_file(size)), {"image"}, outputs}}, {ChainInput::image(width, height)}, settings_);
    opened->open(0);
    return opened;
}

Chain& Networks::finder(int size) {
    std::unique_ptr<Chain>& finder = finders_[size];
    if (!finder) finder = open_finder(size, size, size);
    return *finder;
}

StageChain::Result Networks::pose(const Image& image, const Crop& crop, const OperatingPoint& point,
                                  std::optional<Clock::time_point> deadline, const sspnet_pose* previous) {
    StageChain& stages = chain(point.precision, point.input_size);
    cropper_.cut_out(image, crop, point.input_size, bundle_.manifest.border, stages.image());
    if (float* before = stages.previous())
        place_previous(previous, crop, bundle_.manifest.joint_count, bundle_.manifest.depth_range_mm, before);
    return stages.run(point.cut, deadline);
}

void Networks::open_lift_ahead() {
    if (!bundle_.manifest.lift.empty() && !lift_) opening_lift_ = begin_beside([this] { return open_lift(); });
}

Chain* Networks::lift() {
    if (bundle_.manifest.lift.empty()) return nullptr;
    if (!lift_) lift_ = opening_lift_.valid() ? opening_lift_.get() : open_lift();
    return lift_.get();
}

std::unique_ptr<Chain> Networks::open_lift() const {
    EngineSettings settings = settings_;
    settings.precision = "fp32", settings.threads = 1;  // a second thread costs such a small graph more than it gives
    auto opened = engine_.chain({{bundle_.file(bundle_.manifest.lift), {"pose"}, {"joints3d"}}},
                                {ChainInput::pose("pose", bundle_.manifest.joint_count)}, settings);
    opened->open(0);
    return opened;
}

void Networks::warm_up_lift() {
    if (lift() == nullptr) return;
    // Somebody with bones: of joints that all lie in one place there is no size, and a graph's answer need not be finite.
    const int count = bundle_.manifest.joint_count;
    std::vector<float> somebody(4 * std::size_t(count), 0.5f);
    for (int j = 0; j < count; ++j) somebody[4 * j] = somebody[4 * j + 1] = 0.2f + 0.6f * float(j) / float(count);
    lifted(somebody.data());
    lift_time_ = {};
    for (int i = 0; i < 3; ++i) lifted(somebody.data());
}

Networks::Lifted Networks::lifted(const float* pose) {
    Chain& graph = *lift();
    const Clock::time_point begin = Clock::now();
    std::copy_n(pose, 4 * bundle_.manifest.joint_count, static_cast<float*>(graph.input("pose")));
    graph.run(0);
    const double elapsed_ms = ms_between(begin, Clock::now());
    lift_time_.update(elapsed_ms);
    const Answer joints = checked_answer(graph, 0, "joints3d", bundle_.manifest.lift, kLargestMillimetres);
    if (joints.shape != std::vector<std::size_t>{1, std::size_t(bundle_.manifest.joint_count), 3})
        throw BundleError("the graph " + bundle_.manifest.lift + " gives joints3d of another shape than (1, " +
                          std::to_string(bundle_.manifest.joint_count) + ", 3)");
    return {joints.values, elapsed_ms};
}

RunFinder Networks::run_finder(const Image& image, int size) {
    return [this, &image, size, &graph = finder(size)](const Crop& crop) {
        cropper_.cut_out(image, crop, size, bundle_.manifest.border, static_cast<std::uint8_t*>(graph.input("image")));
        graph.run(0);
        const auto map = [&](const char* name) { return checked_answer(graph, 0, name, finder_file(size), kLargestMap); };
        return maps(map("centre"), map("joints"), map("heat"));
    };
}

Chain& Networks::box_finder(int size, int width, int height) {
    const std::array<int, 2> shape = {width, height};
    if (const auto open = box_finders_.find(shape); open != box_finders_.end()) return *open->second;
    if (box_finders_.size() == kMostShapes) box_finders_.clear();
    return *(box_finders_[shape] = open_finder(size, width, height));
}

std::vector<Found> Networks::find_boxes(const Image& image, const SearchPlan& plan, const ConfidenceIn& confidence_in) {
    const CentresAndBoxes& numbers = *gives_boxes();
    const auto [width, height] = view_of(image, int(std::lround(numbers.picture_scale * plan.size)), numbers.stride);
    const Crop crop = Crop::whole_in(image, width, height);
    Chain& graph = box_finder(plan.size, width, height);
    cropper_.cut_out(image, crop, width, height, bundle_.manifest.border, static_cast<std::uint8_t*>(graph.input("image")));
    graph.run(0);
    const auto map = [&](const char* name) { return checked_answer(graph, 0, name, finder_file(plan.size), kLargestMap); };
    const Answer centre = map("centre"), box = map("box");
    using Shape = std::vector<std::size_t>;
    const std::size_t rows = height / numbers.cell, columns = width / numbers.cell;
    if (centre.shape != Shape{1, rows, columns} || box.shape != Shape{1, 4, rows, columns})
        throw BundleError("the bundle's finder lacks centre (N, h, w) or box (N, 4, h, w)");
    const BoxMaps maps = {crop, width, centre.values, box.values, int(rows), int(columns)};
    return judged(people_of(maps, image, numbers), numbers, confidence_in, plan.looks, plan.everybody);
}

std::vector<Found> Networks::find(const Image& image, const SearchPlan& plan, const LookAt& look_at) {
    const RunFinder run_finer = [&](const Crop& crop) { return run_finder(image, 2 * plan.size)(crop); };
    const Peaks peaks = {std::get<SinglePersonCentres>(bundle_.manifest.finder), bundle_.manifest.poses};
    return find_people(image, peaks, run_finder(image, plan.size), plan.looks, plan.finer ? run_finer : RunFinder(), look_at);
}

}  // namespace sspnet::core
