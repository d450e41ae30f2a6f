#include "survey.hpp"

#include <mutex>
#include <set>

namespace sspnet::core {
namespace {

struct Stopped {};

/// Surveys that run still. Where a process exits with estimators open, they end before the engine's own statics do.
class Running {
public:
    ~Running() {
        std::set<Survey*> left;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            left.swap(surveys_);
        }
        for (Survey* survey : left) survey->stop();
    }

    void add(Survey* survey) {
        const std::lock_guard<std::mutex> lock(mutex_);
        surveys_.insert(survey);
    }

    void remove(Survey* survey) {
        const std::lock_guard<std::mutex> lock(mutex_);
        surveys_.erase(survey);
    }

private:
    std::mutex mutex_;
    std::set<Survey*> surveys_;
};

Running& running() {
    static Running all;
    return all;
}

}  // namespace

Survey::Survey(Turns& turns, Work work) : turns_(turns), work_(std::move(work)) {
    running().add(this);
    try {
        thread_ = std::thread([this] { run(); });
    } catch (...) {  // the system gives no thread
        running().remove(this);
        throw;
    }
}

Survey::~Survey() {
    running().remove(this);
    stop();
}

void Survey::in_turn(const std::function<void()>& step) {
    const Turns::Turn turn(turns_);
    go_on();
    step();
}

void Survey::go_on() const {
    if (stopped_) throw Stopped();
}

void Survey::stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
}

void Survey::run() {
    try {
        work_(*this);
    } catch (...) {  // stopped, or the engine failed: what is estimated goes on being used
    }
    ended_ = true;
}

}  // namespace sspnet::core
