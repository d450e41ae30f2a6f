// Frames of an estimator, and runs of whoever measures beside them: one at a time, in the order in which they came. So a frame
// waits for one run at most, and frames without a pause between them let the runs through.
#pragma once

#include <condition_variable>
#include <mutex>

namespace sspnet::core {

class Turns {
public:
    /// For as long as it lives, nobody else has a turn.
    class Turn {
    public:
        explicit Turn(Turns& turns) : turns_(turns) {
            std::unique_lock<std::mutex> lock(turns_.mutex_);
            const unsigned long mine = turns_.last_++;
            turns_.next_.wait(lock, [&] { return turns_.current_ == mine; });
        }

        ~Turn() {
            {
                const std::lock_guard<std::mutex> lock(turns_.mutex_);
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
};

}  // namespace sspnet::core
