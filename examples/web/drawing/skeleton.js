// The 17 joints, how they hang together, and their colours: orange is the person's right, blue the left.

const PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15];
const LEFT = new Set([4, 5, 6, 11, 12, 13]);
const RIGHT = new Set([1, 2, 3, 14, 15, 16]);

/** [parent, child] joint numbers. */
export const BONES = PARENTS.flatMap((parent, child) => (parent < 0 ? [] : [[parent, child]]));

/** [r, g, b] of each joint; a bone has the colour of its outer end. */
export const COLORS = PARENTS.map((_parent, joint) => {
  if (RIGHT.has(joint)) return [245, 142, 34];
  return LEFT.has(joint) ? [50, 170, 235] : [235, 230, 225];
});

export function css([r, g, b], alpha = 1) {
  return `rgb(${r} ${g} ${b} / ${alpha})`;
}
