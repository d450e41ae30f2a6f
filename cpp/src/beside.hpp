// Work beside the caller's.
#pragma once

#include <future>
#include <utility>

namespace sspnet::core {

/// Begin some work in a thread of its own. Where the system gives no thread, whoever waits for it does it.
template <class Work>
auto begin_beside(Work work) {
    return std::async(std::launch::async | std::launch::deferred, std::move(work));
}

}  // namespace sspnet::core
