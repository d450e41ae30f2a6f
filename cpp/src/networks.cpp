#include "networks.hpp"

#include "error.hpp"

namespace sspnet::core {

StageChain& Networks::chain(int size) {
    const auto found = chains_.find(size);
    return found != chains_.end() ? found->second : chains_.try_emplace(size, bundle_, engine_, precision_, size).first->second;
}

Chain* Networks::finder(int size) {
    const std::string& file = bundle_.manifest.graphs.at({precision_, size}).finder;
    if (file.empty()) return nullptr;
    std::unique_ptr<Chain>& finder = finders_[size];
    if (!finder) {
        auto opened = engine_.chain({{bundle_.file(file), {"image"}, {"centre", "joints"}}}, size);
        opened->open(0);
        finder = std::move(opened);
    }
    return finder.get();
}

StageChain::Result Networks::pose(const Image& image, const Crop& crop, int size, int cut,
                                  std::optional<Clock::time_point> deadline) {
    StageChain& stages = chain(size);
    cropper_.cut_out(image, crop, size, bundle_.manifest.border, stages.image());
    return stages.run(cut, deadline);
}

std::vector<Found> Networks::find(const Image& image, int size) {
    Chain& graph = *finder(size);
    return find_people(image, [&](const Crop& crop) {
        cropper_.cut_out(image, crop, size, bundle_.manifest.border, graph.image());
        graph.run(0);
        const Answer centre = graph.answer(0, "centre"), joints = graph.answer(0, "joints");
        if (centre.shape.size() != 3 ||
            joints.shape != std::vector<std::size_t>{1, SSPNET_JOINTS, 2, centre.shape[1], centre.shape[2]})
            throw BundleError("the bundle's finder does not give centre (N, h, w) and joints (N, 17, 2, h, w)");
        return FinderMaps{centre.values, joints.values, int(centre.shape[1]), int(centre.shape[2])};
    });
}

}  // namespace sspnet::core
