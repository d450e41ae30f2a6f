// libsspnet for C++17: sspnet.h with values and exceptions. Header only.
//
//     sspnet::Options options;
//     options.target_fps = 30;
//     sspnet::Estimator estimator("path/to/bundle", options);
//     sspnet::Pose pose = estimator.predict({pixels, width, height, 0, SSPNET_BGR}, sspnet::Box{x, y, w, h});
#ifndef SSPNET_HPP
#define SSPNET_HPP

#include <sspnet/sspnet.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sspnet {

using Box = sspnet_box;
using Image = sspnet_image;
using Info = sspnet_info;
using Pose = sspnet_pose;

/// A call that failed: `what()` says what was wrong and what would be right.
class Error : public std::runtime_error {
public:
    explicit Error(sspnet_status status, const std::string& what = sspnet_last_error())
        : std::runtime_error(what), status_(status) {}
    sspnet_status status() const noexcept { return status_; }

private:
    sspnet_status status_;
};

/// How to run; each field is that of `sspnet_options`, described there.
struct Options {
    double target_fps = 0;
    double deadline_ms = 0;
    double percentile = 95;
    int cut = 0;
    int input_size = 0;
    std::string precision = "auto";
    std::string backend = "auto";
    std::string device = "auto";
    int threads = 0;
    std::optional<std::string> cache_dir;         ///< nothing: the user's cache folder; "": keep nothing
    std::function<void(const std::string&)> log;  ///< takes one line at a time; must not throw, nor call the estimator
};

/// 3D human pose from one image. Move-only; calls from several threads wait for each other.
class Estimator {
public:
    /// Opens and checks the bundle in the folder `bundle`. Throws Error.
    explicit Estimator(const std::string& bundle, Options options = {})
        : options_(std::make_unique<Options>(std::move(options))) {
        sspnet_options plain = sspnet_default_options();
        plain.target_fps = options_->target_fps;
        plain.deadline_ms = options_->deadline_ms;
        plain.percentile = options_->percentile;
        plain.cut = options_->cut;
        plain.input_size = options_->input_size;
        plain.precision = options_->precision.c_str();
        plain.backend = options_->backend.c_str();
        plain.device = options_->device.c_str();
        plain.threads = options_->threads;
        plain.cache_dir = options_->cache_dir ? options_->cache_dir->c_str() : nullptr;
        if (options_->log) {
            plain.log = [](const char* line, void* user) { static_cast<Options*>(user)->log(line); };
            plain.log_user = options_.get();
        }
        sspnet_estimator* opened = nullptr;
        check(sspnet_open(bundle.c_str(), &plain, &opened));
        handle_.reset(opened);
    }

    /// The pose of the person in `box`; without a box, of the person that is found.
    Pose predict(const Image& image, const std::optional<Box>& box = std::nullopt) {
        Pose pose;
        check(sspnet_predict(handle_.get(), &image, box ? &*box : nullptr, &pose));
        return pose;
    }

    /// The same, answered within `deadline_ms` from now.
    Pose predict_within(double deadline_ms, const Image& image, const std::optional<Box>& box = std::nullopt) {
        Pose pose;
        check(sspnet_predict_within(handle_.get(), &image, box ? &*box : nullptr, deadline_ms, &pose));
        return pose;
    }

    /// One pose for each box, in order. In a video, `previous` holds what this gave the same people in the frame before, one for
    /// each box, Pose{} for whoever was not there (see sspnet_predict_next).
    std::vector<Pose> predict_many(const Image& image, const std::vector<Box>& boxes, const std::vector<Pose>& previous = {}) {
        if (!previous.empty() && previous.size() != boxes.size())
            throw Error(SSPNET_BAD_OPTION, "previous must be empty, or one pose for each box: there are " +
                                               std::to_string(previous.size()) + " for " + std::to_string(boxes.size()) +
                                               " boxes");
        std::vector<Pose> poses(boxes.size());
        const Pose* before = previous.empty() ? nullptr : previous.data();
        check(sspnet_predict_next(handle_.get(), &image, boxes.data(), before, boxes.size(), poses.data()));
        return poses;
    }

    /// The poses of everybody in an image, `max_people` at most, the most prominent first; empty where nobody is certain.
    std::vector<Pose> predict_all(const Image& image, std::size_t max_people = 100) {
        std::vector<Pose> poses(std::min(max_people, kMostPeople));
        size_t count = 0;
        check(sspnet_predict_all(handle_.get(), &image, poses.data(), poses.size(), &count));
        poses.resize(count);
        return poses;
    }

    /// Boxes of the people in an image, the most prominent first.
    std::vector<Box> find(const Image& image) {
        std::vector<Box> boxes(kMostPeople);
        size_t count = 0;
        check(sspnet_find(handle_.get(), &image, boxes.data(), boxes.size(), &count));
        boxes.resize(count);
        return boxes;
    }

    /// Hold another frame rate from the next frame on; 0 for no target.
    void set_target_fps(double target_fps) { check(sspnet_set_target_fps(handle_.get(), target_fps)); }

    /// Keep another deadline from the next frame on; 0 for no target.
    void set_deadline(double deadline_ms) { check(sspnet_set_deadline(handle_.get(), deadline_ms)); }

    /// Whether even the fastest operating point misses the target now.
    bool out_of_reach() const {
        int answer = 0;
        check(sspnet_out_of_reach(handle_.get(), &answer));
        return answer != 0;
    }

    /// What this estimator runs.
    Info describe() const {
        Info info;
        check(sspnet_describe(handle_.get(), &info));
        return info;
    }

private:
    static constexpr std::size_t kMostPeople = 1000;  // no bundle's finder gives more

    static void check(sspnet_status status) {
        if (status != SSPNET_OK) throw Error(status);
    }

    struct Close {
        void operator()(sspnet_estimator* estimator) const { sspnet_close(estimator); }
    };

    std::unique_ptr<Options> options_;  // the log callback's address stays when the estimator is moved
    std::unique_ptr<sspnet_estimator, Close> handle_;
};

}  // namespace sspnet

#endif
