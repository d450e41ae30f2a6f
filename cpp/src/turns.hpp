// Frames of an estimator, and runs of whoever measures beside them: one at a time, in the order in which they came. So a frame
// waits for one run at most, and frames without a pause between them let the runs through.
#pragma once

#include "error.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace sspnet::core {

class Turns {
public:
    /// For as long as it lives, nobody else has a turn. Throws OptionError in the thread that has it: it would wait for itself.
    class Turn {
    public:
        explicit Turn(Turns& turns) : turns_(turns) {
            std::unique_lock<std::mutex> lock(turns_.mutex_);
            if (turns_.holder_ == std::this_thread::get_id())
                throw OptionError(
                    "log must not call the estimator that it is called from: note what is to change, and do it later");
            const unsigned long mine = turns_.last_++;
            turns_.next_.wait(lock, [&] { return turns_.current_ == mine; });
            turns_.holder_ = std::this_thread::get_id();
        }

        ~Turn() {
            {
                const std::lock_guard<std::mutex> lock(turns_.mutex_);
                turns_.holder_ = {};
                ++turns_.current_;
            }
            turns_.next_.notify_all();
        }

        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;

    private:
        Turns& turns_;
    };

private:
    std::mutex mutex_;
    std::condition_variable next_;
    unsigned long last_ = 0, current_ = 0;
    std::thread::id holder_;
};

}  // namespace sspnet::core
