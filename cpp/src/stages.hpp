// The chain of stages of one precision and size: run to a cut, or until a deadline.
#pragma once

#include "bundle.hpp"
#include "engine.hpp"
#include "latency.hpp"

#include <chrono>
#include <optional>

namespace sspnet::core {

using Clock = std::chrono::steady_clock;

inline double ms_between(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double, std::milli>(end - begin).count();
}

/// Each stage gives a complete answer and the features that the next one refines, so a run can end after any of them.
class StageChain {
public:
    StageChain(const Bundle& bundle, Engine& engine, const EngineSettings& settings, int size);

    /// Where the crop goes: size x size x 3 bytes RGB.
    std::uint8_t* image() { return static_cast<std::uint8_t*>(chain_->input("image")); }

    /// Where the same person's pose in the frame before goes: (joints, 4) u, v, z, confidence on this crop, confidence 0 where
    /// nothing is known. NULL where the network does not look at it.
    float* previous() { return takes_previous_ ? static_cast<float*>(chain_->input("previous")) : nullptr; }

    int size() const { return size_; }

    struct Result {
        const float* pose;  ///< (joints, 4) u, v, z, confidence; valid until the next run
        int cut;            ///< the cut that gave it
    };

    /// The pose in the crop at `image()`, of somebody who was at `previous()`.
    ///
    /// @param cut       where to stop at the latest
    /// @param deadline  when the answer must be there; a stage that is not expected to end by then is not begun. The first always
    /// runs
    Result run(int cut, std::optional<Clock::time_point> deadline = std::nullopt);

    /// Milliseconds of each stage of the last run.
    const std::vector<double>& stage_ms() const { return stage_ms_; }

    /// Their sum.
    double network_ms() const;

    /// Open the stages up to `cut`, one after the other, beside frames.
    void open(int cut);

    /// Open the stages up to `cut` while nobody else wants the cores: each is compiled in a thread of its own.
    void open_side_by_side(int cut);

    /// Open the stages up to `cut` and run them until their times are known (a first run is not like the others).
    void warm_up(int cut);

private:
    std::size_t stages_to(int cut) const;
    const float* pose(std::size_t index);

    std::vector<StageGraph> graphs_;
    int size_;
    std::size_t joints_;
    bool takes_previous_;
    std::unique_ptr<Chain> chain_;
    std::vector<StageTime> times_;
    std::vector<double> stage_ms_;
};

}  // namespace sspnet::core
