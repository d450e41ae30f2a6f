#include "locate.hpp"

#include "finder_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace sspnet::core {
namespace {

// A person's box around the joints, as shares of the joints' longer extent: median of 9,000 photographs.
constexpr float kMarginSide = 0.07f, kMarginEnd = 0.10f;
constexpr float kSmallPerson = 0.5f;  // of the picture that the finder saw: below this, look again from nearer
constexpr double kNearer = 2.0;       // times the box's longer side
constexpr float kClear = 0.5f;       // score of a person of whom there is no doubt
constexpr float kBelieved = 0.7f;    // mean confidence of a pose: that is a person
constexpr float kSeen = 0.2f;           // confidence from which a joint counts for a pose's box,
constexpr std::size_t kFewestSeen = 5;  // if so many do
constexpr float kUnseen = 0.05f;        // of that box's longer side: what a first look may not have seen
constexpr std::size_t kCandidates = 3;  // of whom the most confident pose is chosen, where there is doubt
// Boxes overlap; or so many joints lie so near (of the extent).
constexpr float kSamePersonIou = 0.5f, kSameJoint = 0.1f, kSharedJoints = 0.4f;

float longer_side(const sspnet_box& box) { return std::max(box.w, box.h); }

/// The certain come first, the larger one of two that are alike.
float rank(const Found& person) { return person.score * std::pow(longer_side(person.box), 0.125f); }

/// Photographs are taken of whoever is in the middle: a person at the border counts less.
double prominence(const Found& person, const Crop& whole) {
    const double half = whole.side / 2;
    const double x = person.box.x + person.box.w / 2 - whole.x - half, y = person.box.y + person.box.h / 2 - whole.y - half;
    return rank(person) * std::exp(-0.35 * (x * x + y * y) / (half * half));
}

bool is_same(const Found& a, const Found& b) {
    if (iou(a.box, b.box) >= kSamePersonIou) return true;
    if (!a.joints || !b.joints) return false;
    const float near = kSameJoint * std::min(longer_side(a.box), longer_side(b.box));
    int shared = 0;
    for (std::size_t i = 0; i < a.joints->size(); ++i) {
        const auto &p = (*a.joints)[i], &q = (*b.joints)[i];
        shared += std::hypot(p[0] - q[0], p[1] - q[1]) < near;
    }
    return float(shared) >= kSharedJoints * float(a.joints->size());
}

std::vector<Found> distinct(std::vector<Found> people) {
    std::stable_sort(people.begin(), people.end(), [](const Found& a, const Found& b) { return rank(a) > rank(b); });
    std::vector<Found> kept;
    for (const Found& person : people) {
        const auto is_it = [&](const Found& other) { return is_same(person, other); };
        if (std::none_of(kept.begin(), kept.end(), is_it)) kept.push_back(person);
    }
    return kept;
}

void most_prominent_first(std::vector<Found>& people, const Crop& whole) {
    std::stable_sort(people.begin(), people.end(),
                     [&](const Found& a, const Found& b) { return prominence(a, whole) > prominence(b, whole); });
}

Found from_nearer(const Found& person, const RunFinder& run_finder) {
    const Crop nearer = Crop::around(person.box, kNearer);
    Found best = person;
    float best_fit = -1;
    for (const Found& again : distinct(people_at_peaks(nearer, run_finder(nearer)))) {
        const float fit = again.score * (0.3f + iou(again.box, person.box));
        if (fit > best_fit) best_fit = fit, best = again;
    }
    return best;
}

bool is_small(const Found& person, const Crop& whole) { return longer_side(person.box) < kSmallPerson * float(whole.side); }

/// The large ones, and the `looks` most prominent of the small ones as seen from nearer.
std::vector<Found> found_twice(std::vector<Found> people, const Crop& whole, const RunFinder& run_finder, int looks) {
    most_prominent_first(people, whole);
    std::vector<Found> settled, seen_nearer;
    for (const Found& person : people) {
        if (!is_small(person, whole))
            settled.push_back(person);
        else if (looks-- > 0)
            seen_nearer.push_back(from_nearer(person, run_finder));
    }
    settled.insert(settled.end(), seen_nearer.begin(), seen_nearer.end());
    return distinct(std::move(settled));
}

/// The first with the box that their pose implies, if the pose in that is no less confident.
void settle_first(std::vector<Found>& people, const Look& seen, const LookAt& look_at) {
    if (look_at(seen.box).confidence < seen.confidence) return;
    Found& first = people.front();
    first.box = seen.box;
    const auto is_first = [&](const Found& person) { return is_same(person, first); };
    people.erase(std::remove_if(people.begin() + 1, people.end(), is_first), people.end());
}

/// The first few in the order of prominence x confidence of their poses.
void confident_first(std::vector<Found>& people, const Crop& whole, const LookAt& look_at) {
    struct Weighed {
        Found person;
        Look seen;
        double weight;
    };
    std::vector<Weighed> few;
    for (std::size_t i = 0; i < std::min(people.size(), kCandidates); ++i) {
        const Look seen = look_at(people[i].box);
        few.push_back({people[i], seen, seen.confidence * prominence(people[i], whole)});
    }
    std::stable_sort(few.begin(), few.end(), [](const Weighed& a, const Weighed& b) { return a.weight > b.weight; });
    for (std::size_t i = 0; i < few.size(); ++i) people[i] = few[i].person;
    settle_first(people, few.front().seen, look_at);
}

LookAt each_box_once(const LookAt& look_at) {
    return [look_at, seen = std::map<std::array<float, 4>, Look>()](const sspnet_box& box) mutable {
        const std::array<float, 4> key = {box.x, box.y, box.w, box.h};
        const auto known = seen.find(key);
        return known != seen.end() ? known->second : seen[key] = look_at(box);
    };
}

template <class Points>
sspnet_box box_around(const Points& points) {
    std::array<float, 2> low = points[0], high = points[0];
    for (const auto& point : points)
        for (int axis = 0; axis < 2; ++axis)
            low[axis] = std::min(low[axis], point[axis]), high[axis] = std::max(high[axis], point[axis]);
    const float longer = std::max({high[0] - low[0], high[1] - low[1], 1.0f});
    const float side = kMarginSide * longer, end = kMarginEnd * longer;
    return {low[0] - side, low[1] - end, high[0] - low[0] + 2 * side, high[1] - low[1] + 2 * end};
}

}  // namespace

std::vector<Found> find_people(const Image& image, const RunFinder& run_finder, int looks, const RunFinder& run_finer,
                               const LookAt& look) {
    const LookAt look_at = look ? each_box_once(look) : look;
    const Crop whole = Crop::around(whole_image(image), 1.0);
    std::vector<Found> people = found_twice(distinct(people_at_peaks(whole, run_finder(whole))), whole, run_finder, looks);
    most_prominent_first(people, whole);
    const auto is_clear = [](const Found& person) { return person.score > kClear; };
    if (std::any_of(people.begin(), people.end(), is_clear)) return people;
    if (look_at && !people.empty()) {
        const Look seen = look_at(people.front().box);
        if (seen.confidence >= kBelieved) {
            settle_first(people, seen, look_at);
            return people;
        }
    }
    if (run_finer) {
        std::vector<Found> finer = distinct(people_at_peaks(whole, run_finer(whole)));
        finer.erase(std::remove_if(finer.begin(), finer.end(), [](const Found& person) { return !person.sure; }), finer.end());
        finer = found_twice(std::move(finer), whole, run_finder, looks);
        people.insert(people.end(), finer.begin(), finer.end());
        people = distinct(std::move(people));
        most_prominent_first(people, whole);
    }
    if (look_at && !people.empty()) confident_first(people, whole, look_at);
    return people;
}

sspnet_box box_of_joints(const MarkedJoints& keypoints) { return box_around(keypoints); }

sspnet_box box_of_seen_joints(const sspnet_pose& pose, const Image& image) {
    std::vector<std::array<float, 2>> all, seen;
    for (int joint = 0; joint < SSPNET_BODY_JOINTS; ++joint) {
        all.push_back({pose.keypoints[joint][0], pose.keypoints[joint][1]});
        if (pose.confidence[joint] >= kSeen) seen.push_back(all.back());
    }
    const sspnet_box box = box_around(seen.size() >= kFewestSeen ? seen : all);
    const float width = float(image.width), height = float(image.height), spare = kUnseen * longer_side(box);
    const float left = std::clamp(box.x - spare, 0.0f, width), right = std::clamp(box.x + box.w + spare, 0.0f, width);
    const float top = std::clamp(box.y - spare, 0.0f, height), bottom = std::clamp(box.y + box.h + spare, 0.0f, height);
    return {left, top, right - left, bottom - top};
}

float iou(const sspnet_box& a, const sspnet_box& b) {
    const float width = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const float height = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    const float shared = std::max(width, 0.0f) * std::max(height, 0.0f);
    return shared / (a.w * a.h + b.w * b.h - shared);
}

}  // namespace sspnet::core
