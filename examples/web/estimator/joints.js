// The joints that this version knows: the body's 17 in Human3.6M's order, then face and feet. A bundle has all, or the body's.

export const JOINT_NAMES = [
  ...["pelvis", "r-hip", "r-knee", "r-ankle", "l-hip", "l-knee", "l-ankle", "spine", "thorax", "neck", "head"],
  ...["l-shoulder", "l-elbow", "l-wrist", "r-shoulder", "r-elbow", "r-wrist"],
  ...["nose", "l-eye", "r-eye", "l-ear", "r-ear"],
  ...["l-heel", "r-heel", "l-big-toe", "r-big-toe", "l-small-toe", "r-small-toe"],
];

/** The parent of each; -1 marks the pelvis. */
export const JOINT_PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15, 9, 17, 17, 18, 19, 6, 3, 6, 3, 24, 25];

/** Joints that change places when the image is mirrored. */
export const FLIP_PAIRS = [
  ...[[1, 4], [2, 5], [3, 6], [11, 14], [12, 15], [13, 16]],
  ...[[18, 19], [20, 21], [22, 23], [24, 25], [26, 27]],
];

export const BODY_JOINTS = 17;
