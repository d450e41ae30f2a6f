// The C interface: checks pointers, turns exceptions into status codes.
#include <sspnet/sspnet.h>

#include "error.hpp"
#include "estimator.hpp"
#include "skeleton.hpp"
#include "version.hpp"
#include "whole_letters.hpp"

#include <new>

struct sspnet_estimator {
    sspnet::core::Estimator core;
};

namespace {

using namespace sspnet::core;

// Fixed room: saying why a call failed must not fail itself.
thread_local char last_error[1024] = "";

/// Engines answer in paragraphs; a user reads one line.
void remember(const char* message) noexcept {
    std::size_t at = 0;
    bool blank = false;
    for (; *message != '\0' && at + 2 < sizeof last_error; ++message) {
        const bool is_blank = *message == ' ' || *message == '\n' || *message == '\r' || *message == '\t';
        if (!is_blank && blank && at > 0) last_error[at++] = ' ';
        if (!is_blank) last_error[at++] = *message;
        blank = is_blank;
    }
    last_error[whole_letters(last_error, at, *message)] = '\0';
}

template <class Work>
sspnet_status guarded(Work work) noexcept {
    try {
        work();
        return SSPNET_OK;
    } catch (const Failure& failure) {
        remember(failure.what());
        return failure.status;
    } catch (const std::bad_alloc&) {
        remember("out of memory");
    } catch (const std::exception& error) {
        remember(error.what());
    } catch (...) {
        remember("something that is no std::exception was thrown");
    }
    return SSPNET_FAILED;
}

template <class T>
T& given(T* pointer, const char* name) {
    if (pointer == nullptr) throw OptionError(std::string(name) + " is NULL");
    return *pointer;
}

std::string string_or(const char* text, const char* otherwise) { return text == nullptr ? otherwise : text; }

Options own(const sspnet_options& from) {
    Options to;
    to.target_fps = from.target_fps, to.deadline_ms = from.deadline_ms, to.percentile = from.percentile;
    to.cut = from.cut, to.input_size = from.input_size, to.threads = from.threads;
    to.precision = string_or(from.precision, "auto"), to.backend = string_or(from.backend, "auto"),
    to.device = string_or(from.device, "auto");
    if (from.cache_dir != nullptr) to.cache_dir = from.cache_dir;
    if (from.log != nullptr)
        to.log = [log = from.log, user = from.log_user](const std::string& line) { log(line.c_str(), user); };
    return to;
}

}  // namespace

const char* sspnet_version(void) { return kVersion; }

const char* sspnet_last_error(void) { return last_error; }

sspnet_options sspnet_default_options(void) {
    sspnet_options options = {};
    options.percentile = 95;
    options.precision = options.backend = options.device = "auto";
    return options;
}

const char* sspnet_joint_name(int joint) { return joint >= 0 && joint < SSPNET_JOINTS ? kJointNames[joint] : nullptr; }

int sspnet_joint_parent(int joint) { return joint >= 0 && joint < SSPNET_JOINTS ? kJointParents[joint] : -1; }

sspnet_status sspnet_open(const char* bundle, const sspnet_options* options, sspnet_estimator** estimator) {
    return guarded([&] {
        given(estimator, "estimator") = nullptr;
        const std::string folder = &given(bundle, "bundle");
        *estimator = new sspnet_estimator{{folder, own(options == nullptr ? sspnet_default_options() : *options)}};
    });
}

void sspnet_close(sspnet_estimator* estimator) { delete estimator; }

sspnet_status sspnet_predict(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* box, sspnet_pose* pose) {
    return guarded(
        [&] { given(pose, "pose") = given(estimator, "estimator").core.predict(given(image, "image"), box, std::nullopt); });
}

sspnet_status sspnet_predict_within(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* box,
                                    double deadline_ms, sspnet_pose* pose) {
    return guarded(
        [&] { given(pose, "pose") = given(estimator, "estimator").core.predict(given(image, "image"), box, deadline_ms); });
}

sspnet_status sspnet_predict_many(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* boxes, size_t count,
                                  sspnet_pose* poses) {
    return sspnet_predict_next(estimator, image, boxes, nullptr, count, poses);
}

sspnet_status sspnet_predict_next(sspnet_estimator* estimator, const sspnet_image* image, const sspnet_box* boxes,
                                  const sspnet_pose* previous, size_t count, sspnet_pose* poses) {
    return guarded([&] {
        if (count > 0) given(boxes, "boxes"), given(poses, "poses");
        const auto found = given(estimator, "estimator").core.predict_many(given(image, "image"), boxes, count, previous);
        std::copy(found.begin(), found.end(), poses);
    });
}

sspnet_status sspnet_predict_all(sspnet_estimator* estimator, const sspnet_image* image, sspnet_pose* poses, size_t room,
                                 size_t* count) {
    return guarded([&] {
        if (room > 0) given(poses, "poses");
        given(count, "count") = 0;
        const auto found = given(estimator, "estimator").core.predict_all(given(image, "image"), room);
        *count = found.size();
        std::copy(found.begin(), found.end(), poses);
    });
}

sspnet_status sspnet_find(sspnet_estimator* estimator, const sspnet_image* image, sspnet_box* boxes, size_t room, size_t* count) {
    return guarded([&] {
        if (room > 0) given(boxes, "boxes");
        given(count, "count") = 0;
        const auto found = given(estimator, "estimator").core.find(given(image, "image"));
        *count = std::min(found.size(), room);
        std::copy_n(found.begin(), *count, boxes);
    });
}

sspnet_status sspnet_set_target_fps(sspnet_estimator* estimator, double target_fps) {
    return guarded(
        [&] { given(estimator, "estimator").core.set_goal(target_fps == 0 ? Goal::none() : Goal::frame_rate(target_fps)); });
}

sspnet_status sspnet_set_deadline(sspnet_estimator* estimator, double deadline_ms) {
    return guarded(
        [&] { given(estimator, "estimator").core.set_goal(deadline_ms == 0 ? Goal::none() : Goal::deadline(deadline_ms)); });
}

sspnet_status sspnet_out_of_reach(sspnet_estimator* estimator, int* out_of_reach) {
    return guarded([&] { given(out_of_reach, "out_of_reach") = given(estimator, "estimator").core.out_of_reach(); });
}

sspnet_status sspnet_describe(sspnet_estimator* estimator, sspnet_info* info) {
    return guarded([&] { given(info, "info") = given(estimator, "estimator").core.describe(); });
}
