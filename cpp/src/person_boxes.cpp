#include "person_boxes.hpp"

#include "centre_map.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

constexpr float kLeastSide = 1;  // pixels of the image
constexpr int kMostLooks = 6;    // at the doubtful of a crowd

/// The box of a cell in pixels of the image, inside it.
sspnet_box box_at(const BoxMaps& maps, int cell, const Image& image, const CentresAndBoxes& numbers) {
    const float pixels = float(numbers.cell * maps.crop.side / maps.width);
    const auto value = [&](int channel) { return maps.box[channel * maps.rows * maps.columns + cell]; };
    const auto edges = [&](double corner, float middle, float extent, int bound) {
        const auto inside = [&](float edge) { return std::clamp(float(corner) + pixels * edge, 0.0f, float(bound)); };
        return std::array<float, 2>{inside(middle - extent / 2), inside(middle + extent / 2)};
    };
    const auto [left, right] = edges(maps.crop.x, float(cell % maps.columns) + value(0), value(2), image.width);
    const auto [top, bottom] = edges(maps.crop.y, float(cell / maps.columns) + value(1), value(3), image.height);
    return {left, top, right - left, bottom - top};
}

/// The certain come first, the larger one of two that are alike; who stands at the picture's border counts less.
double prominence(const Found& person, const Image& image, const CentresAndBoxes& numbers) {
    const double x = person.box.x + person.box.w / 2 - image.width / 2.0,
                 y = person.box.y + person.box.h / 2 - image.height / 2.0;
    const double half = std::max(image.width, image.height) / 2.0;
    return double(person.score) * std::pow(double(longer_side(person.box)), double(numbers.larger_first)) *
           std::exp(-numbers.middle_first * (x * x + y * y) / (half * half));
}

}  // namespace

std::vector<Found> people_of(const BoxMaps& maps, const Image& image, const CentresAndBoxes& numbers) {
    std::vector<Found> people;
    for (const int cell : likeliest_cells(maps.centre, maps.rows, maps.columns, numbers.centre_floor, numbers.most_peaks)) {
        const sspnet_box box = box_at(maps, cell, image, numbers);
        const auto same = [&](const Found& other) { return iou(box, other.box) >= numbers.same_iou; };
        if (std::min(box.w, box.h) < kLeastSide || std::any_of(people.begin(), people.end(), same)) continue;
        people.push_back({box, maps.centre[cell], maps.centre[cell] >= numbers.sure_score, {}});
    }
    std::stable_sort(people.begin(), people.end(), [&](const Found& a, const Found& b) {
        return prominence(a, image, numbers) > prominence(b, image, numbers);
    });
    return people;
}

std::vector<Found> judged(const std::vector<Found>& people, const CentresAndBoxes& numbers, const ConfidenceIn& confidence_in,
                          int looks, bool everybody) {
    std::vector<Found> sure, rest;
    looks = std::min(looks, kMostLooks);
    for (Found person : people) {
        if (person.score > numbers.clear) {
            person.sure = true;
        } else if (looks > 0 && person.score >= numbers.worth_a_look && (everybody || sure.empty())) {
            --looks;
            person.sure = person.score * confidence_in(person.box) >= numbers.sure_with_pose;
        }
        (person.sure ? sure : rest).push_back(person);
    }
    sure.insert(sure.end(), rest.begin(), rest.end());
    return sure;
}

}  // namespace sspnet::core
