// The opened networks of one engine: a chain of stages per precision and input size, a finder per size, and the bundle's own
// lift; each opened when first needed.
#pragma once

#include "crop.hpp"
#include "locate.hpp"
#include "person_boxes.hpp"
#include "rate.hpp"
#include "search_plan.hpp"
#include "stages.hpp"

#include <future>
#include <map>
#include <set>
#include <string>

namespace sspnet::core {

class Networks {
public:
    Networks(const Bundle& bundle, Engine& engine, EngineSettings settings)
        : bundle_(bundle), engine_(engine), settings_(std::move(settings)) {}

    StageChain& chain(const std::string& precision, int size);

    /// A chain of its own, which may be used beside this; not opened yet.
    StageChain another_chain(const std::string& precision, int size) const;

    /// Take chains that are opened already, in place of those of the same precision and size.
    void adopt(std::map<std::pair<std::string, int>, StageChain> chains);

    /// Close the chains but those of some precisions and sizes.
    void keep(const std::set<std::pair<std::string, int>>& chains);

    /// An opened finder of its own, of one that gives boxes for a picture of 4 x 3; NULL where the bundle has none at this
    /// precision and size. May be asked for beside this.
    std::unique_ptr<Chain> another_finder(int size) const;

    /// The numbers of a finder that gives boxes; NULL where the bundle has another or none.
    const CentresAndBoxes* gives_boxes() const { return std::get_if<CentresAndBoxes>(&bundle_.manifest.finder); }

    /// People in the whole image, by a finder that gives boxes (see people_of and judged).
    std::vector<Found> find_boxes(const Image& image, const SearchPlan& plan, const ConfidenceIn& confidence_in);

    bool has_finder(int size) const { return !finder_file(size).empty(); }

    /// The pose in a crop of the image (see StageChain::run); `previous`: the same person's in the frame before, or NULL.
    StageChain::Result pose(const Image& image, const Crop& crop, const OperatingPoint& point,
                            std::optional<Clock::time_point> deadline, const sspnet_pose* previous = nullptr);

    /// Begin to open the lift in a thread of its own; `lift` waits for it.
    void open_lift_ahead();

    /// The opened graph from a pose to millimetres; NULL where the bundle has none.
    Chain* lift();

    /// Open the lift now and time it (a session's first run is not like the others), not within the first frame's time.
    void warm_up_lift();

    /// What joints3d will hardly exceed; 0 where the bundle has no lift.
    double lift_ms() const { return lift_time_.p95_ms(); }

    struct Lifted {
        const float* joints3d;  ///< (joints, 3) mm from the pelvis; valid until the next call
        double elapsed_ms;
    };

    /// What the bundle's own lift, which there must be, makes of a pose (joints, 4) as a stage gives it.
    Lifted lifted(const float* pose);

    /// People in the whole image, by the finder of the plan's size, and by that of twice the size if `finer` (see find_people).
    std::vector<Found> find(const Image& image, const SearchPlan& plan, const LookAt& look_at);

private:
    std::string finder_file(int size) const;
    RunFinder run_finder(const Image& image, int size);
    Chain& finder(int size);
    Chain& box_finder(int size, int width, int height);
    std::unique_ptr<Chain> open_finder(int size, int width, int height) const;
    std::unique_ptr<Chain> open_lift() const;

    const Bundle& bundle_;
    Engine& engine_;
    EngineSettings settings_;
    Cropper cropper_;
    std::map<std::pair<std::string, int>, StageChain> chains_;  ///< by precision and size
    std::map<int, std::unique_ptr<Chain>> finders_;
    std::map<std::array<int, 2>, std::unique_ptr<Chain>> box_finders_;  ///< by width and height, each compiled for its own
    std::unique_ptr<Chain> lift_;
    std::future<std::unique_ptr<Chain>> opening_lift_;
    StageTime lift_time_;
};

}  // namespace sspnet::core
