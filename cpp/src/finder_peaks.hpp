// The people in one answer of the finder.
#pragma once

#include "locate.hpp"

namespace sspnet::core {

/// One for each peak of the centre map with enough heat, in pixels of the image; the same person may be there twice.
std::vector<Found> people_at_peaks(const Crop& crop, const FinderMaps& maps);

}  // namespace sspnet::core
