// The finder's map of people's centres: the cells that may be one.
#pragma once

#include <vector>

namespace sspnet::core {

/// Cells of `centre` (rows, columns) that reach `floor` and are at least as likely as their eight neighbours: `most` of them at
/// most, the likeliest first. A cell is row * columns + column.
std::vector<int> likeliest_cells(const float* centre, int rows, int columns, float floor, int most);

}  // namespace sspnet::core
