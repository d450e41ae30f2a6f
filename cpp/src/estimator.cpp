#include "estimator.hpp"

#include "lift.hpp"
#include "previous.hpp"
#include "whole_letters.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace sspnet::core {
namespace {

constexpr double kAfterwardsMs = 0.3;  // from the joints in millimetres to the pose
constexpr double kLongestMs = 1e9;     // that a frame waits for: a clock of nanoseconds ends after 300 years
constexpr float kSamePerson = 0.15f;   // of the longer side of the larger box

/// When the network's answer must be there, if lifting all people takes `lift_ms`.
std::optional<Clock::time_point> when(Clock::time_point begin, std::optional<double> late_ms, double lift_ms) {
    if (!late_ms) return std::nullopt;
    return begin + std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double, std::milli>(std::min(*late_ms, kLongestMs) - kAfterwardsMs - lift_ms));
}

/// The share of the time until `deadline` that the next of `left` people may take.
std::optional<Clock::time_point> share(std::optional<Clock::time_point> deadline, std::size_t left) {
    if (!deadline) return std::nullopt;
    const Clock::time_point now = Clock::now();
    return now + (*deadline - now) / Clock::rep(left);
}

template <std::size_t N>
void copy(char (&to)[N], const std::string& from) {
    const std::size_t length = std::min(from.size(), N - 1);
    to[from.copy(to, whole_letters(from.c_str(), length, from.c_str()[length]))] = '\0';
}

/// The network's u, v, z, confidence of each joint in a crop, as keypoints in pixels of the image and confidence in [0, 1].
void place_joints(const float* answer, int count, const Crop& crop, sspnet_pose& pose) {
    pose.joint_count = count;
    for (int j = 0; j < count; ++j) {
        const float* joint = answer + 4 * j;
        pose.keypoints[j][0] = crop.image_x(joint[0]), pose.keypoints[j][1] = crop.image_y(joint[1]);
        pose.confidence[j] = std::clamp(joint[3], 0.0f, 1.0f);
    }
}

float mean_confidence(const sspnet_pose& pose) {
    return std::accumulate(pose.confidence, pose.confidence + SSPNET_BODY_JOINTS, 0.0f) / SSPNET_BODY_JOINTS;
}

/// Whether two poses lie on one person: by the mean distance of their joints.
bool same_person(const sspnet_pose& a, const sspnet_pose& b) {
    float apart = 0;
    for (int j = 0; j < SSPNET_BODY_JOINTS; ++j)
        apart += std::hypot(a.keypoints[j][0] - b.keypoints[j][0], a.keypoints[j][1] - b.keypoints[j][1]) / SSPNET_BODY_JOINTS;
    return apart < kSamePerson * std::max({a.box.w, a.box.h, b.box.w, b.box.h});
}

}  // namespace

Estimator::Estimator(const std::string& folder, Options options)
    : bundle_(open_bundle(folder)), plan_(bundle_, std::move(options), turns_) {
    plan_.networks().warm_up_lift();
}

sspnet_pose Estimator::predict(const sspnet_image& source, const sspnet_box* box, std::optional<double> deadline_ms) {
    const Clock::time_point begin = Clock::now();
    const Turns::Turn turn(turns_);
    plan_.take_up();
    const Image image = check_image(source);
    const Goal goal = deadline_ms ? Goal::deadline(*deadline_ms) : plan_.goal();
    const bool located = box == nullptr;
    const Found person = located ? locate(image, goal) : Found{check_box(*box, image), 1, true, {}};
    const OperatingPoint point = plan_.choose(goal, 1, located);
    sspnet_pose result = pose(image, person.box, point, when(begin, plan_.late_ms(goal), plan_.networks().lift_ms()));
    result.unsure = result.unsure != 0 || !person.sure;
    result.latency_ms = ms_between(begin, Clock::now());
    plan_.observe(goal, point, result.cut, stages_ms(point), result.latency_ms, 1, located);
    return result;
}

std::vector<sspnet_pose> Estimator::predict_many(const sspnet_image& source, const sspnet_box* boxes, std::size_t count,
                                                 const sspnet_pose* previous) {
    const Clock::time_point begin = Clock::now();
    const Turns::Turn turn(turns_);
    plan_.take_up();
    const Image image = check_image(source);
    for (std::size_t i = 0; i < count; ++i) {
        check_box(boxes[i], image);
        if (previous != nullptr) check_previous(previous[i], bundle_.manifest.joint_count);
    }
    return poses(image, boxes, count, plan_.goal(), begin, false, previous);
}

std::vector<sspnet_pose> Estimator::predict_all(const sspnet_image& source, std::size_t max_people) {
    const Clock::time_point begin = Clock::now();
    const Turns::Turn turn(turns_);
    plan_.take_up();
    const Image image = check_image(source);
    const Goal goal = plan_.goal();
    std::vector<sspnet_box> waiting;
    for (const Found& person : people(image, plan_.search(goal, true)))
        if (person.sure) waiting.push_back(person.box);
    std::vector<sspnet_pose> everybody;
    for (std::size_t next = 0; next < waiting.size() && everybody.size() < max_people;) {
        const std::size_t count = std::min(waiting.size() - next, max_people - everybody.size());
        for (const sspnet_pose& pose : poses(image, waiting.data() + next, count, goal, begin, true))
            if (!pose.unsure && std::none_of(everybody.begin(), everybody.end(),
                                             [&](const sspnet_pose& other) { return same_person(pose, other); }))
                everybody.push_back(pose);
        next += count;
    }
    return everybody;
}

std::vector<sspnet_box> Estimator::find(const sspnet_image& source) {
    const Turns::Turn turn(turns_);
    plan_.take_up();
    const Image image = check_image(source);
    std::vector<sspnet_box> boxes;
    for (const Found& person : people(image, plan_.search(plan_.goal(), true, true)))
        if (person.sure) boxes.push_back(person.box);
    return boxes;
}

void Estimator::set_goal(const Goal& goal) {
    const Turns::Turn turn(turns_);
    plan_.set_goal(goal);
}

bool Estimator::out_of_reach() {
    const Turns::Turn turn(turns_);
    return plan_.out_of_reach();
}

sspnet_info Estimator::describe() {
    sspnet_info info = {};
    const Manifest& manifest = bundle_.manifest;
    copy(info.bundle, manifest.name);
    copy(info.digest, manifest.digest);
    copy(info.backend, plan_.engine().name() + " " + plan_.engine().version());
    copy(info.device, plan_.settings().device);
    info.cut_count = int(manifest.cuts.size()), info.size_count = int(manifest.sizes.size());
    std::copy(manifest.cuts.begin(), manifest.cuts.end(), info.cuts);
    std::copy(manifest.sizes.begin(), manifest.sizes.end(), info.sizes);
    info.joint_count = manifest.joint_count;
    info.threads = plan_.settings().threads;
    info.has_finder = manifest.has_finder();
    return info;
}

double Estimator::stages_ms(const OperatingPoint& point) {
    return plan_.networks().chain(point.precision, point.input_size).network_ms();
}

Found Estimator::locate(const Image& image, const Goal& goal) {
    const std::vector<Found> found = people(image, plan_.search(goal, false));
    return found.empty() ? Found{whole_image(image), 0, false, {}} : found.front();
}

std::vector<Found> Estimator::people(const Image& image, const SearchPlan& plan) {
    const LookAt look_at = [&](const sspnet_box& box) { return look(image, box); };
    if (plan_.networks().gives_boxes() != nullptr)
        return plan_.networks().find_boxes(image, plan, [&](const sspnet_box& box) { return look_at(box).confidence; });
    return plan_.networks().find(image, plan, plan.poses ? look_at : LookAt());
}

Look Estimator::look(const Image& image, const sspnet_box& box) {
    const OperatingPoint first = plan_.first_look();
    const Crop crop = Crop::around(box, bundle_.manifest.box_scale);
    sspnet_pose pose = {};
    const float* answer = plan_.networks().pose(image, crop, first, std::nullopt).pose;
    place_joints(answer, bundle_.manifest.joint_count, crop, pose);
    const sspnet_box around = box_of_seen_joints(pose, image, bundle_.manifest.poses);
    return {mean_confidence(pose), std::min(around.w, around.h) >= 2 ? around : box};
}

std::vector<sspnet_pose> Estimator::poses(const Image& image, const sspnet_box* boxes, std::size_t count, const Goal& goal,
                                          Clock::time_point begin, bool located, const sspnet_pose* previous) {
    std::vector<sspnet_pose> poses;
    if (count == 0) return poses;
    const OperatingPoint point = plan_.choose(goal, int(count), located);
    double network_ms = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t left = count - i;
        const auto until = when(begin, plan_.late_ms(goal), double(left) * plan_.networks().lift_ms());
        poses.push_back(pose(image, boxes[i], point, share(until, left), previous == nullptr ? nullptr : previous + i));
        poses.back().latency_ms = ms_between(begin, Clock::now());
        network_ms += stages_ms(point);
    }
    plan_.observe(goal, point, poses.back().cut, network_ms, poses.back().latency_ms, int(count), located);
    return poses;
}

sspnet_pose Estimator::pose(const Image& image, const sspnet_box& person, const OperatingPoint& point,
                            std::optional<Clock::time_point> deadline, const sspnet_pose* previous) {
    const Crop crop = Crop::around(person, bundle_.manifest.box_scale);
    const StageChain::Result answer = plan_.networks().pose(image, crop, point, deadline, previous);
    sspnet_pose pose = {};
    place_joints(answer.pose, bundle_.manifest.joint_count, crop, pose);
    pose.network_ms = stages_ms(point);
    if (bundle_.manifest.lift.empty()) {
        float depth[SSPNET_JOINTS];
        for (int j = 0; j < pose.joint_count; ++j) depth[j] = answer.pose[4 * j + 2];
        lift(depth, bundle_.manifest.bones, bundle_.manifest.depth_range_mm, std::max(person.w, person.h), pose);
    } else {
        const Networks::Lifted lifted = plan_.networks().lifted(answer.pose);
        std::copy_n(lifted.joints3d, 3 * pose.joint_count, &pose.joints3d[0][0]);
        pose.network_ms += lifted.elapsed_ms;
    }
    pose.box = person, pose.cut = answer.cut, pose.input_size = point.input_size;
    pose.unsure = mean_confidence(pose) < bundle_.manifest.poses.sure;
    return pose;
}

}  // namespace sspnet::core
