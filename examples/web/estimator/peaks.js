// The finder's maps on one crop → people: peaks of the centre map, and the joints that belong to each.

import { likeliestCells } from "./centre_map.js";
import { toImage } from "./crop.js";
import { boxOfJoints, iou, longerSide } from "./person_box.js";

/** Reads people off the maps, by the bundle's numbers: `finder` and `poses` of its manifest. */
export class Peaks {
  constructor(finder, poses) {
    this.finder = finder;
    this.poses = poses;
  }

  /** Distinct people {box, score, sure, joints} in the finder's answer {centre, joints, heat, width, height} on `crop`. */
  people(crop, answer) {
    const people = [];
    for (const cell of likeliestCells(answer, this.finder.centre_floor, this.finder.most_peaks)) {
      const { cells, likelihood } = this.#nearestHeat(answer, cell);
      const limbs = likelihood.filter((_value, index) => this.finder.limbs.includes(this.finder.joints[index]));
      const score = limbs.reduce((sum, value) => sum + value, 0) / limbs.length;
      if (score < this.finder.score_floor) continue;
      const joints = cells.map((uv) => toImage(crop, uv));
      people.push({ box: boxOfJoints(joints, this.poses), score, sure: score >= this.#sureScore(answer.width), joints });
    }
    return this.distinct(people);
  }

  /** The certain come first, the larger one of two that are alike. */
  rank(person) {
    return person.score * longerSide(person.box) ** this.finder.larger_first;
  }

  /** People who are not one another, the first by rank. */
  distinct(people) {
    const kept = [];
    for (const person of [...people].sort((a, b) => this.rank(b) - this.rank(a))) {
      if (!kept.some((other) => this.same(person, other))) kept.push(person);
    }
    return kept;
  }

  /** Whether two found people are one. */
  same(a, b) {
    const { same_iou: overlap, same_joint: reach, shared_joints: shared } = this.finder;
    if (iou(a.box, b.box) >= overlap) return true;
    const near = reach * Math.min(longerSide(a.box), longerSide(b.box));
    const alike = a.joints.filter(([x, y], joint) => Math.hypot(x - b.joints[joint][0], y - b.joints[joint][1]) < near);
    return alike.length / a.joints.length >= shared;
  }

  #sureScore(cells) {
    return this.finder.sure_score + this.finder.sure_score_per_cell * Math.min(cells, this.finder.most_cells);
  }

  /** For each marked joint the cell [u, v] whose heat is high and which is near what the person's centre guesses, and that heat,
   * which counts less the further from the guess it is. */
  #nearestHeat({ joints, heat, width, height }, cell) {
    const area = width * height;
    const { joints: marked, cells_from_guess: near, far_from_guess: far } = this.finder;
    const guesses = marked.map((joint) => [0, 1].map((axis) => joints[(2 * joint + axis) * area + cell]));
    const extent = Math.max(...[0, 1].map((axis) => {
      const values = guesses.map((guess) => guess[axis]);
      return Math.max(...values) - Math.min(...values);
    }), 1 / width);
    const cells = [];
    const likelihood = [];
    marked.forEach((joint, index) => {
      const best = bestCell(heat.subarray(joint * area, (joint + 1) * area), guesses[index], width, height, near);
      const astray = Math.hypot(best.uv[0] - guesses[index][0], best.uv[1] - guesses[index][1]) / (far * extent);
      cells.push(best.uv);
      likelihood.push(best.heat / (1 + astray * astray));
    });
    return { cells, likelihood };
  }
}

function bestCell(heat, [guessU, guessV], width, height, cellsFromGuess) {
  let best = { score: -Infinity, index: 0 };
  for (let row = 0, index = 0; row < height; row++) {
    const down = (row + 0.5) / height - guessV;
    for (let column = 0; column < width; column++, index++) {
      const across = (column + 0.5) / width - guessU;
      const score = heat[index] / (Math.sqrt(across * across + down * down) * width + cellsFromGuess);
      if (score > best.score) best = { score, index };
    }
  }
  const [row, column] = [Math.floor(best.index / width), best.index % width];
  return { uv: [(column + 0.5) / width, (row + 0.5) / height], heat: heat[best.index] };
}
