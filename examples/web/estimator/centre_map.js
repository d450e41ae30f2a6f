// The finder's map of people's centres: the cells that may be one.

/**
 * Cells (row · width + column) of `centre` (height × width) that reach `floor` and are at least as likely as their eight neighbours:
 * `most` of them at most, the likeliest first.
 */
export function likeliestCells({ centre, width, height }, floor, most) {
  const cells = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = centre[row * width + column];
      if (value >= floor && value >= highestAround(centre, row, column, width, height)) cells.push(row * width + column);
    }
  }
  return cells.sort((a, b) => centre[b] - centre[a]).slice(0, most);
}

function highestAround(centre, row, column, width, height) {
  let highest = -Infinity;
  for (let r = Math.max(0, row - 1); r <= Math.min(height - 1, row + 1); r++) {
    for (let c = Math.max(0, column - 1); c <= Math.min(width - 1, column + 1); c++) highest = Math.max(highest, centre[r * width + c]);
  }
  return highest;
}
