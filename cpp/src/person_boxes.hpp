// People in a whole picture, of a finder that gives a map of their centres and a box for each cell; poses settle doubts.
#pragma once

#include "peaks.hpp"

namespace sspnet::core {

/// A finder's answer on a view of `width` pixels that shows `crop`: `centre` (rows, columns) in [0, 1], how surely a person's
/// centre lies in the cell; `box` (4, rows, columns) in cells: that person's middle from the cell's first corner, x and y; width
/// and height.
struct BoxMaps {
    Crop crop;
    int width;
    const float *centre, *box;
    int rows, columns;
};

/// Box → mean confidence of the pose in it, 0..1.
using ConfidenceIn = std::function<float(const sspnet_box&)>;

/// Distinct people, the most prominent (likely, large, in the middle) first; `sure` as the likelihood alone tells.
std::vector<Found> people_of(const BoxMaps& maps, const Image& image, const CentresAndBoxes& numbers);

/// The same people, those who are sure first: at the first `looks` (six at most) who are neither clear nor hopeless a
/// pose is looked at; unless `everybody` is wanted, only until somebody is sure.
std::vector<Found> judged(const std::vector<Found>& people, const CentresAndBoxes& numbers, const ConfidenceIn& confidence_in,
                          int looks, bool everybody);

}  // namespace sspnet::core
