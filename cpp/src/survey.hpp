// Measuring a device while it is in use already: in a thread of its own, which takes turns with the frames.
#pragma once

#include "turns.hpp"

#include <atomic>
#include <functional>
#include <thread>

namespace sspnet::core {

/// Runs some work in the background until it ends, `stop` is called or the process exits.
class Survey {
public:
    using Work = std::function<void(Survey&)>;

    /// `work` calls `in_turn` for whatever must not be disturbed by frames, nor disturb them. What it throws ends it.
    Survey(Turns& turns, Work work);
    ~Survey();
    Survey(const Survey&) = delete;
    Survey& operator=(const Survey&) = delete;

    /// For the work: runs `step` while no frame runs. Leaves the work where it was told to stop.
    void in_turn(const std::function<void()>& step);

    /// For the work: leaves it where it was told to stop.
    void go_on() const;

    /// Whether the work goes on.
    bool goes_on() const { return !ended_; }

    /// End the work at its next step, and wait for that.
    void stop();

private:
    void run();

    Turns& turns_;
    Work work_;
    std::atomic<bool> stopped_ = false, ended_ = false;
    std::thread thread_;
};

}  // namespace sspnet::core
