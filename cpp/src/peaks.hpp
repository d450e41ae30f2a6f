// The finder's maps on one crop → people: peaks of the centre map, and the joints that belong to each.
#pragma once

#include "crop.hpp"
#include "person_box.hpp"

#include <functional>
#include <vector>

namespace sspnet::core {

/// A person: box in pixels of the image; mean likelihood of the limb joints, 0..1; whether that is more than an empty picture
/// gives; and the joints (none where a box alone is known).
struct Found {
    sspnet_box box;
    float score;
    bool sure;
    Points joints;
};

/// The finder's answer on a crop: `centre` (rows, columns) in [0, 1], `joints` (J, 2, rows, columns) in [0, 1] of the crop,
/// `heat` (J, rows, columns).
struct FinderMaps {
    const float *centre, *joints, *heat;
    int rows, columns;
};

using RunFinder = std::function<FinderMaps(const Crop&)>;

/// Reads people off the maps, by the bundle's numbers.
struct Peaks {
    SinglePersonCentres finder;
    PoseThresholds poses;

    /// Distinct people in the finder's answer on `crop`, in pixels of the image.
    std::vector<Found> people(const Crop& crop, const FinderMaps& maps) const;

    /// The certain come first, the larger one of two that are alike.
    float rank(const Found& person) const;

    /// People who are not one another, the first by rank.
    std::vector<Found> distinct(std::vector<Found> people) const;

    /// Whether two found people are one.
    bool same(const Found& a, const Found& b) const;
};

}  // namespace sspnet::core
