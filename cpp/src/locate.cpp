#include "locate.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

// A person's box around the 17 joints, as shares of the joints' longer extent: median of 9,000 photographs.
constexpr float kMarginSide = 0.07f, kMarginEnd = 0.10f;
constexpr float kScoreFloor = 0.10f;  // fainter peaks are noise
constexpr float kSmallPerson = 0.3f;  // of the picture that the finder saw: below this, look again from nearer
constexpr double kNearer = 2.5;       // times the box's longer side
constexpr float kSamePersonIou = 0.5f;
constexpr std::size_t kMostPeople = 20;

float longer_side(const sspnet_box& box) { return std::max(box.w, box.h); }

bool is_peak(const FinderMaps& maps, int row, int column) {
    const float value = maps.centre[row * maps.columns + column];
    if (!(value >= kScoreFloor)) return false;
    for (int r = std::max(0, row - 1); r <= std::min(maps.rows - 1, row + 1); ++r)
        for (int c = std::max(0, column - 1); c <= std::min(maps.columns - 1, column + 1); ++c)
            if (maps.centre[r * maps.columns + c] > value) return false;
    return true;
}

std::vector<Found> distinct(std::vector<Found> people) {
    std::stable_sort(people.begin(), people.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
    std::vector<Found> kept;
    for (const Found& person : people) {
        const auto is_same = [&](const Found& other) { return iou(person.box, other.box) >= kSamePersonIou; };
        if (std::none_of(kept.begin(), kept.end(), is_same)) kept.push_back(person);
    }
    return kept;
}

std::vector<Found> peaks(const Crop& crop, const FinderMaps& maps) {
    std::vector<Found> people;
    const int cells = maps.rows * maps.columns;
    for (int row = 0; row < maps.rows; ++row) {
        for (int column = 0; column < maps.columns; ++column) {
            if (!is_peak(maps, row, column)) continue;
            const int cell = row * maps.columns + column;
            float keypoints[SSPNET_JOINTS][2];
            for (int j = 0; j < SSPNET_JOINTS; ++j) {
                keypoints[j][0] = crop.image_x(maps.joints[2 * j * cells + cell]);
                keypoints[j][1] = crop.image_y(maps.joints[(2 * j + 1) * cells + cell]);
            }
            people.push_back({box_of_joints(keypoints), maps.centre[cell]});
        }
    }
    return distinct(people);
}

Found from_nearer(const Found& person, const Crop& seen, const RunFinder& run_finder) {
    if (longer_side(person.box) >= kSmallPerson * float(seen.side)) return person;
    const Crop nearer = Crop::around(person.box, kNearer);
    const auto middle_x = [](const sspnet_box& box) { return box.x + box.w / 2; };
    const auto middle_y = [](const sspnet_box& box) { return box.y + box.h / 2; };
    for (const Found& again : peaks(nearer, run_finder(nearer))) {  // best first
        const float apart =
            std::max(std::abs(middle_x(again.box) - middle_x(person.box)), std::abs(middle_y(again.box) - middle_y(person.box)));
        if (apart < longer_side(person.box) / 2) return again;
    }
    return person;
}

}  // namespace

std::vector<Found> find_people(const Image& image, const RunFinder& run_finder) {
    const Crop whole = Crop::around(whole_image(image), 1.0);
    std::vector<Found> people = peaks(whole, run_finder(whole));
    people.resize(std::min(people.size(), kMostPeople));
    for (Found& person : people) person = from_nearer(person, whole, run_finder);
    return distinct(people);
}

sspnet_box box_of_joints(const float (&keypoints)[SSPNET_JOINTS][2]) {
    float low[2], high[2];
    for (int axis = 0; axis < 2; ++axis) {
        low[axis] = high[axis] = keypoints[0][axis];
        for (const auto& keypoint : keypoints)
            low[axis] = std::min(low[axis], keypoint[axis]), high[axis] = std::max(high[axis], keypoint[axis]);
    }
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
