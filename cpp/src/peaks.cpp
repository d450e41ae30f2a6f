#include "peaks.hpp"

#include "centre_map.hpp"

#include <algorithm>
#include <cmath>

namespace sspnet::core {
namespace {

struct Likely {
    std::array<float, 2> uv;
    float heat;
};

/// The cell whose heat is high and which is near the guess.
Likely nearest_heat(const std::array<float, 2>& guess, const float* heat, const FinderMaps& maps, float cells_from_guess) {
    const float rows = float(maps.rows), columns = float(maps.columns);
    float best = -1;
    Likely likely = {{0, 0}, 0};
    for (int row = 0; row < maps.rows; ++row) {
        const float v = (float(row) + 0.5f) / rows, down = v - guess[1];
        for (int column = 0; column < maps.columns; ++column, ++heat) {
            if (*heat <= best * cells_from_guess) continue;  // not even at the guess itself would it be the best
            const float u = (float(column) + 0.5f) / columns, across = u - guess[0];
            const float value = *heat / (std::sqrt(across * across + down * down) * columns + cells_from_guess);
            if (value > best) best = value, likely = {{u, v}, *heat};
        }
    }
    return likely;
}

float extent(const Points& joints) {
    float widest = 0;
    for (int axis = 0; axis < 2; ++axis) {
        const auto less = [axis](const auto& a, const auto& b) { return a[axis] < b[axis]; };
        const auto [low, high] = std::minmax_element(joints.begin(), joints.end(), less);
        widest = std::max(widest, (*high)[axis] - (*low)[axis]);
    }
    return widest;
}

Found person_at(const Crop& crop, const FinderMaps& maps, int cell, const Peaks& peaks) {
    const SinglePersonCentres& numbers = peaks.finder;
    const int cells = maps.rows * maps.columns;
    Points guess;
    for (const int joint : numbers.joints)
        guess.push_back({maps.joints[2 * joint * cells + cell], maps.joints[(2 * joint + 1) * cells + cell]});
    const float far = numbers.far_from_guess * std::max(extent(guess), 1 / float(maps.columns));
    float likelihood = 0;
    Found person = {};
    for (std::size_t i = 0; i < guess.size(); ++i) {
        const int joint = numbers.joints[i];
        const Likely likely = nearest_heat(guess[i], maps.heat + joint * cells, maps, numbers.cells_from_guess);
        const float astray = std::hypot(likely.uv[0] - guess[i][0], likely.uv[1] - guess[i][1]) / far;
        if (std::count(numbers.limbs.begin(), numbers.limbs.end(), joint) > 0) likelihood += likely.heat / (1 + astray * astray);
        person.joints.push_back({crop.image_x(likely.uv[0]), crop.image_y(likely.uv[1])});
    }
    person.box = box_of_joints(person.joints, peaks.poses);
    person.score = likelihood / float(numbers.limbs.size());
    person.sure =
        person.score >= numbers.sure_score + numbers.sure_score_per_cell * float(std::min(maps.columns, numbers.most_cells));
    return person;
}

}  // namespace

std::vector<Found> Peaks::people(const Crop& crop, const FinderMaps& maps) const {
    std::vector<Found> people;
    for (const int cell : likeliest_cells(maps.centre, maps.rows, maps.columns, finder.centre_floor, finder.most_peaks)) {
        const Found person = person_at(crop, maps, cell, *this);
        if (person.score >= finder.score_floor) people.push_back(person);
    }
    return distinct(std::move(people));
}

float Peaks::rank(const Found& person) const { return person.score * std::pow(longer_side(person.box), finder.larger_first); }

std::vector<Found> Peaks::distinct(std::vector<Found> people) const {
    std::stable_sort(people.begin(), people.end(), [this](const Found& a, const Found& b) { return rank(a) > rank(b); });
    std::vector<Found> kept;
    for (const Found& person : people) {
        const auto is_it = [&](const Found& other) { return same(person, other); };
        if (std::none_of(kept.begin(), kept.end(), is_it)) kept.push_back(person);
    }
    return kept;
}

bool Peaks::same(const Found& a, const Found& b) const {
    if (iou(a.box, b.box) >= finder.same_iou) return true;
    if (a.joints.empty() || a.joints.size() != b.joints.size()) return false;
    const float near = finder.same_joint * std::min(longer_side(a.box), longer_side(b.box));
    int shared = 0;
    for (std::size_t i = 0; i < a.joints.size(); ++i)
        shared += std::hypot(a.joints[i][0] - b.joints[i][0], a.joints[i][1] - b.joints[i][1]) < near;
    return float(shared) >= finder.shared_joints * float(a.joints.size());
}

}  // namespace sspnet::core
