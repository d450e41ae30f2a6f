#include "locate.hpp"

#include "finder_peaks.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

// A person's box around the joints, as shares of the joints' longer extent: median of 9,000 photographs.
constexpr float kMarginSide = 0.07f, kMarginEnd = 0.10f;
constexpr float kSmallPerson = 0.5f;  // of the picture that the finder saw: below this, look again from nearer
constexpr double kNearer = 2.0;       // times the box's longer side
constexpr float kClear = 0.5f;       // score of a person of whom there is no doubt
constexpr float kBelieved = 0.5f;    // mean confidence of a pose: that is a person
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

/// The first few in the order of prominence x confidence of their poses.
void confident_first(std::vector<Found>& people, const Crop& whole, const ConfidenceIn& confidence_in) {
    const std::size_t few = std::min(people.size(), kCandidates);
    if (few < 2) return;
    std::vector<std::pair<double, Found>> weighed;
    for (std::size_t i = 0; i < few; ++i)
        weighed.emplace_back(confidence_in(people[i].box) * prominence(people[i], whole), people[i]);
    std::stable_sort(weighed.begin(), weighed.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (std::size_t i = 0; i < few; ++i) people[i] = weighed[i].second;
}

}  // namespace

std::vector<Found> find_people(const Image& image, const RunFinder& run_finder, int looks, const RunFinder& run_finer,
                               const ConfidenceIn& confidence_in) {
    const Crop whole = Crop::around(whole_image(image), 1.0);
    std::vector<Found> people = found_twice(distinct(people_at_peaks(whole, run_finder(whole))), whole, run_finder, looks);
    most_prominent_first(people, whole);
    const auto is_clear = [](const Found& person) { return person.score > kClear; };
    if (std::any_of(people.begin(), people.end(), is_clear)) return people;
    if (confidence_in && !people.empty() && confidence_in(people.front().box) >= kBelieved) return people;
    if (run_finer) {
        std::vector<Found> finer = distinct(people_at_peaks(whole, run_finer(whole)));
        finer.erase(std::remove_if(finer.begin(), finer.end(), [](const Found& person) { return !person.sure; }), finer.end());
        finer = found_twice(std::move(finer), whole, run_finder, looks);
        people.insert(people.end(), finer.begin(), finer.end());
        people = distinct(std::move(people));
        most_prominent_first(people, whole);
    }
    if (confidence_in) confident_first(people, whole, confidence_in);
    return people;
}

sspnet_box box_of_joints(const MarkedJoints& keypoints) {
    std::array<float, 2> low = keypoints[0], high = keypoints[0];
    for (const auto& keypoint : keypoints)
        for (int axis = 0; axis < 2; ++axis)
            low[axis] = std::min(low[axis], keypoint[axis]), high[axis] = std::max(high[axis], keypoint[axis]);
    const float longer = std::max({high[0] - low[0], high[1] - low[1], 1.0f});
    const float side = kMarginSide * longer, end = kMarginEnd * longer;
    return {low[0] - side, low[1] - end, high[0] - low[0] + 2 * side, high[1] - low[1] + 2 * end};
}

float iou(const sspnet_box& a, const sspnet_box& b) {
    const float width = std::min(a.x + a.w, b.x + b.w) - std::max(a.x, b.x);
    const float height = std::min(a.y + a.h, b.y + b.h) - std::max(a.y, b.y);
    const float shared = std::max(width, 0.0f) * std::max(height, 0.0f);
    return shared / (a.w * a.h + b.w * b.h - shared);
}

}  // namespace sspnet::core
