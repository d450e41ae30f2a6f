// Frames of an estimator, and runs of whoever measures beside them, one at a time; a frame that waits comes first.
#pragma once

#include <condition_variable>
#include <mutex>

namespace sspnet::core {

class Turns {
public:
    /// For as long as it lives, nothing else runs.
    class Frame {
    public:
        explicit Frame(Turns& turns) : turns_(turns) { turns_.begin_frame(); }
        ~Frame() { turns_.end(); }
        Frame(const Frame&) = delete;
        Frame& operator=(const Frame&) = delete;

    private:
        Turns& turns_;
    };

    /// The same for a run that is measured.
    class Run {
    public:
        explicit Run(Turns& turns) : turns_(turns) { turns_.begin_run(); }
        ~Run() { turns_.end(); }
        Run(const Run&) = delete;
        Run& operator=(const Run&) = delete;

    private:
        Turns& turns_;
    };

private:
    void begin_frame() {
        std::unique_lock<std::mutex> lock(mutex_);
        ++frames_waiting_;
        free_.wait(lock, [&] { return !taken_; });
        --frames_waiting_, taken_ = true;
    }

    void begin_run() {
        std::unique_lock<std::mutex> lock(mutex_);
        free_.wait(lock, [&] { return !taken_ && frames_waiting_ == 0; });
        taken_ = true;
    }

    void end() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            taken_ = false;
        }
        free_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable free_;
    int frames_waiting_ = 0;
    bool taken_ = false;
};

}  // namespace sspnet::core
