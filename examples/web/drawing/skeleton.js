// How the joints hang together, and their colours: orange is the person's right, blue the left.

import { BODY_JOINTS, JOINT_NAMES, JOINT_PARENTS } from "../estimator/joints.js";

const SIDES = { "r-": [245, 142, 34], "l-": [50, 170, 235] };

/** [parent, child] joint numbers of a pose that has the first `count` joints. */
export function bonesOf(count) {
  return JOINT_PARENTS.slice(0, count).flatMap((parent, child) => (parent < 0 ? [] : [[parent, child]]));
}

/** [r, g, b] of each joint; a bone has the colour of its outer end. */
export const COLORS = JOINT_NAMES.map((name) => SIDES[name.slice(0, 2)] ?? [235, 230, 225]);

/** Share of the usual width of a joint, and of the bone that ends in it: those of face and feet lie close together. */
export function widthOf(joint) {
  return joint < BODY_JOINTS ? 1 : 0.55;
}

export function css([r, g, b], alpha = 1) {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}
