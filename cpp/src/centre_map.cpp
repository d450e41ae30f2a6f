#include "centre_map.hpp"

#include <algorithm>

namespace sspnet::core {
namespace {

bool is_peak(const float* centre, int rows, int columns, int row, int column) {
    const float value = centre[row * columns + column];
    for (int r = std::max(0, row - 1); r <= std::min(rows - 1, row + 1); ++r)
        for (int c = std::max(0, column - 1); c <= std::min(columns - 1, column + 1); ++c)
            if (centre[r * columns + c] > value) return false;
    return true;
}

}  // namespace

std::vector<int> likeliest_cells(const float* centre, int rows, int columns, float floor, int most) {
    std::vector<int> cells;
    for (int row = 0; row < rows; ++row)
        for (int column = 0; column < columns; ++column)
            if (centre[row * columns + column] >= floor && is_peak(centre, rows, columns, row, column))
                cells.push_back(row * columns + column);
    std::stable_sort(cells.begin(), cells.end(), [&](int a, int b) { return centre[a] > centre[b]; });
    cells.resize(std::min(cells.size(), std::size_t(most)));
    return cells;
}

}  // namespace sspnet::core
