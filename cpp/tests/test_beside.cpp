#include "beside.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

#if defined(__GLIBC__)
#include <pthread.h>
#endif

using namespace sspnet::core;

TEST_CASE("work beside the caller's is begun at once, in a thread of its own") {
    std::promise<std::thread::id> begun;
    const auto ended = begin_beside([&] { begun.set_value(std::this_thread::get_id()); });
    CHECK((begun.get_future().get() != std::this_thread::get_id()));
}

#if defined(__GLIBC__)

namespace {

/// For as long as it lives, the system gives no thread: nobody has room for its stack.
class NoThreads {
public:
    NoThreads() {
        pthread_getattr_default_np(&before_);
        pthread_attr_t huge;
        pthread_attr_init(&huge);
        pthread_attr_setstacksize(&huge, std::size_t(1) << 46);
        pthread_setattr_default_np(&huge);
        pthread_attr_destroy(&huge);
    }
    ~NoThreads() { pthread_setattr_default_np(&before_), pthread_attr_destroy(&before_); }

private:
    pthread_attr_t before_;
};

}  // namespace

TEST_CASE("where no thread is to be had, whoever waits for the work does it") {
    const NoThreads none;
    CHECK_THROWS_AS(std::thread([] {}).join(), std::system_error);
    CHECK((begin_beside([] { return std::this_thread::get_id(); }).get() == std::this_thread::get_id()));
    auto failing = begin_beside([] { throw std::runtime_error("no engine"); });
    failing.wait();
    CHECK_THROWS_WITH(failing.get(), "no engine");
}
#endif
