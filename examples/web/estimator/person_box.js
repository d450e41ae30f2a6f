// The box around a person's joints, and how two boxes overlap.

import { BODY_JOINTS } from "./joints.js";

/** The person's box [x, y, w, h] that joints [x, y] imply: around them, and a margin for what no joint marks. */
export function boxOfJoints(joints, numbers) {
  const low = [0, 1].map((axis) => Math.min(...joints.map((joint) => joint[axis])));
  const high = [0, 1].map((axis) => Math.max(...joints.map((joint) => joint[axis])));
  const longer = Math.max(high[0] - low[0], high[1] - low[1], 1);
  const [side, end] = [numbers.margin_side * longer, numbers.margin_end * longer];
  return [low[0] - side, low[1] - end, high[0] - low[0] + 2 * side, high[1] - low[1] + 2 * end];
}

/**
 * The box around the body's joints that are seen, and a little more for limbs that are not, inside a picture: joints outside are
 * guesses. Sides may come out 0.
 */
export function boxOfSeenJoints(pose, confidence, { width, height }, numbers) {
  const joints = pose.slice(0, BODY_JOINTS);
  const seen = joints.filter((_, joint) => confidence[joint] >= numbers.seen);
  const [x, y, w, h] = boxOfJoints(seen.length >= numbers.fewest_seen ? seen : joints, numbers);
  const spare = numbers.margin_unseen * Math.max(w, h);
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

export const longerSide = ([, , w, h]) => Math.max(w, h);
