// The finder's maps on one crop → people: peaks of the centre map, and the joints that belong to each.

import { toImage } from "./crop.js";
import { BODY_JOINTS } from "./joints.js";

// A person's box around the joints, as shares of the joints' longer extent: median of 9,000 photographs.
const MARGIN_SIDE = 0.07;
const MARGIN_END = 0.1;
const MARKED = [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16]; // joints with a heatmap of their own
const HEAD = 10; // the only one of these that is no limb's
const CELLS_FROM_GUESS = 1.8; // heat / (distance in cells + this): MoveNet's own weighting
const CENTRE_FLOOR = 0.05;
const SCORE_FLOOR = 0.15;
const FAR_FROM_GUESS = 0.3; // of the guessed person's extent: joints found further away are rather another person's
const SAME_PERSON_IOU = 0.5;
const SAME_JOINT = 0.1; // of the extent: so near are joints of one person …
const SHARED_JOINTS = 0.4; // … when so many of them are
const MOST_PEAKS = 30;
const SEEN = 0.2; // confidence from which a joint counts for a pose's box,
const FEWEST_SEEN = 5; // if so many do
const UNSEEN = 0.05; // of that box's longer side: what a first look may not have seen

/** Distinct people {box, score, sure, joints} in the finder's answer {centre, joints, heat, width, height} on `crop`. */
export function peopleIn(crop, answer) {
  const people = [];
  for (const cell of peaks(answer)) {
    const { cells, likelihood } = nearestHeat(answer, cell);
    const limbs = likelihood.filter((_value, index) => MARKED[index] !== HEAD);
    const score = limbs.reduce((sum, value) => sum + value, 0) / limbs.length;
    if (score < SCORE_FLOOR) continue;
    const joints = cells.map((uv) => toImage(crop, uv));
    people.push({ box: boxOfJoints(joints), score, sure: score >= sureScore(answer.width), joints });
  }
  return distinct(people);
}

/** People who are not one another, the certain and large ones first. */
export function distinct(people) {
  const kept = [];
  for (const person of [...people].sort((a, b) => rank(b) - rank(a))) {
    if (!kept.some((other) => same(person, other))) kept.push(person);
  }
  return kept;
}

export function rank(person) {
  return person.score * Math.max(person.box[2], person.box[3]) ** 0.125;
}

/** The person's box [x, y, w, h] that joints [x, y] imply: around them, and a margin for what no joint marks. */
export function boxOfJoints(joints) {
  const low = [0, 1].map((axis) => Math.min(...joints.map((joint) => joint[axis])));
  const high = [0, 1].map((axis) => Math.max(...joints.map((joint) => joint[axis])));
  const longer = Math.max(high[0] - low[0], high[1] - low[1], 1);
  const [side, end] = [MARGIN_SIDE * longer, MARGIN_END * longer];
  return [low[0] - side, low[1] - end, high[0] - low[0] + 2 * side, high[1] - low[1] + 2 * end];
}

/**
 * The box around the body's joints that are seen, and a little more for limbs that are not, inside a picture: joints outside are
 * guesses. Sides may come out 0.
 */
export function boxOfSeenJoints(pose, confidence, { width, height }) {
  const joints = pose.slice(0, BODY_JOINTS);
  const seen = joints.filter((_, joint) => confidence[joint] >= SEEN);
  const [x, y, w, h] = boxOfJoints(seen.length >= FEWEST_SEEN ? seen : joints);
  const spare = UNSEEN * Math.max(w, h);
  const inside = (value, bound) => Math.min(Math.max(value, 0), bound);
  const [left, right] = [inside(x - spare, width), inside(x + w + spare, width)];
  const [top, bottom] = [inside(y - spare, height), inside(y + h + spare, height)];
  return [left, top, right - left, bottom - top];
}

/** Intersection over union of two boxes [x, y, w, h]. */
export function iou(a, b) {
  const overlap = [0, 1].map((axis) => Math.max(Math.min(a[axis] + a[axis + 2], b[axis] + b[axis + 2]) - Math.max(a[axis], b[axis]), 0));
  const shared = overlap[0] * overlap[1];
  return shared / (a[2] * a[3] + b[2] * b[3] - shared);
}

/** 0.22 on 32 cells, 0.28 on 64: 95 % of pictures without people stay below, 95 % of those with people reach it. */
function sureScore(cells) {
  return 0.16 + (0.12 * Math.min(cells, 64)) / 64;
}

/** Cells [row, column] that are at least as likely as their eight neighbours, the likeliest first. */
function peaks({ centre, width, height }) {
  const at = (row, column) => (row < 0 || column < 0 || row >= height || column >= width ? -Infinity : centre[row * width + column]);
  const found = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = at(row, column);
      if (value < CENTRE_FLOOR) continue;
      const above = Math.max(at(row - 1, column - 1), at(row - 1, column), at(row - 1, column + 1));
      const below = Math.max(at(row + 1, column - 1), at(row + 1, column), at(row + 1, column + 1));
      if (value >= Math.max(above, below, at(row, column - 1), at(row, column + 1))) found.push([value, row, column]);
    }
  }
  return found.sort((a, b) => b[0] - a[0]).slice(0, MOST_PEAKS).map(([, row, column]) => [row, column]);
}

/** For each marked joint the cell [u, v] whose heat is high and which is near what the person's centre guesses, and that heat,
 * which counts less the further from the guess it is. */
function nearestHeat({ joints, heat, width, height }, [row, column]) {
  const area = width * height;
  const guesses = MARKED.map((joint) => [0, 1].map((axis) => joints[(2 * joint + axis) * area + row * width + column]));
  const extent = Math.max(...[0, 1].map((axis) => {
    const values = guesses.map((guess) => guess[axis]);
    return Math.max(...values) - Math.min(...values);
  }), 1 / width);
  const cells = [];
  const likelihood = [];
  MARKED.forEach((joint, index) => {
    const best = bestCell(heat.subarray(joint * area, (joint + 1) * area), guesses[index], width, height);
    const astray = Math.hypot(best.uv[0] - guesses[index][0], best.uv[1] - guesses[index][1]) / (FAR_FROM_GUESS * extent);
    cells.push(best.uv);
    likelihood.push(best.heat / (1 + astray * astray));
  });
  return { cells, likelihood };
}

function bestCell(heat, [guessU, guessV], width, height) {
  let best = { score: -Infinity };
  for (let row = 0, index = 0; row < height; row++) {
    const down = (row + 0.5) / height - guessV;
    for (let column = 0; column < width; column++, index++) {
      const across = (column + 0.5) / width - guessU;
      const score = heat[index] / (Math.sqrt(across * across + down * down) * width + CELLS_FROM_GUESS);
      if (score > best.score) best = { score, index };
    }
  }
  const [row, column] = [Math.floor(best.index / width), best.index % width];
  return { uv: [(column + 0.5) / width, (row + 0.5) / height], heat: heat[best.index] };
}

/** Whether two found people are one. */
export function same(a, b) {
  if (iou(a.box, b.box) >= SAME_PERSON_IOU) return true;
  const near = SAME_JOINT * Math.min(Math.max(a.box[2], a.box[3]), Math.max(b.box[2], b.box[3]));
  const shared = a.joints.filter(([x, y], joint) => Math.hypot(x - b.joints[joint][0], y - b.joints[joint][1]) < near);
  return shared.length / a.joints.length >= SHARED_JOINTS;
}
