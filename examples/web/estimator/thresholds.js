// The numbers that a bundle's networks were tuned to: when a pose is believed, and how people are read off the finder's maps.
// They stand in the manifest, since other weights want other numbers; docs/architecture.md says what each one means.

import { entry, number, refuse, text, whole, wholes } from "./fields.js";
import { BODY_JOINTS } from "./joints.js";

const SHARE = [0, 1];
const POSES = { sure: SHARE, believed: SHARE, seen: SHARE, margin_side: SHARE, margin_end: SHARE, margin_unseen: SHARE };
const POSES_COUNTS = { fewest_seen: BODY_JOINTS };
const CENTRES = {
  ...{ centre_floor: SHARE, score_floor: SHARE, sure_score: SHARE, sure_score_per_cell: SHARE, clear: SHARE },
  ...{ same_iou: SHARE, same_joint: SHARE, shared_joints: SHARE, small_person: SHARE },
  ...{ cells_from_guess: [0.01, 100], far_from_guess: [0.001, 100], nearer: [1, 10] },
  ...{ larger_first: [0, 10], middle_first: [0, 10], nearer_overlap: [0, 10] },
};
const BOXES = {
  ...{ centre_floor: SHARE, same_iou: SHARE, clear: SHARE, sure_score: SHARE, sure_with_pose: SHARE, worth_a_look: SHARE },
  ...{ picture_scale: [0.25, 8], larger_first: [0, 10], middle_first: [0, 10] },
};
const BOXES_COUNTS = { stride: 256, cell: 64, most_peaks: 1000 };
const CENTRES_COUNTS = { most_peaks: 1000, most_cells: 4096, candidates: 100 };

/** What a manifest of schema 1 means by saying nothing. */
export const SCHEMA_1 = {
  poses: { sure: 0.3, believed: 0.7, seen: 0.2, fewest_seen: 5, margin_side: 0.07, margin_end: 0.1, margin_unseen: 0.05 },
  finder: {
    decoder: "single_person_centres",
    joints: [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16],
    limbs: [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16],
    ...{ centre_floor: 0.05, most_peaks: 30, score_floor: 0.15, sure_score: 0.16, sure_score_per_cell: 0.001875, most_cells: 64 },
    ...{ clear: 0.5, cells_from_guess: 1.8, far_from_guess: 0.3, same_iou: 0.5, same_joint: 0.1, shared_joints: 0.4 },
    ...{ larger_first: 0.125, middle_first: 0.35, small_person: 0.5, nearer: 2, nearer_overlap: 0.3, candidates: 3 },
  },
};

/** The manifest's `poses`, checked. */
export function readPoses(section) {
  return read(section, "poses", POSES, POSES_COUNTS);
}

/** The manifest's `finder`, checked. */
export function readFinder(section) {
  const decoder = text(entry(section, "decoder", "finder"), "finder.decoder");
  if (decoder === "centres_and_boxes") return readCentresAndBoxes(section, decoder);
  if (decoder !== "single_person_centres") refuse(`has the 'finder.decoder' ${decoder}, which this page does not know`);
  const [joints, limbs] = ["joints", "limbs"].map((name) =>
    wholes(entry(section, name, "finder"), `finder.${name}`, 0, BODY_JOINTS - 1, BODY_JOINTS),
  );
  if (!limbs.every((limb) => joints.includes(limb))) refuse("is malformed: 'finder.limbs' must be among 'finder.joints'");
  return { decoder, joints, limbs, ...read(section, "finder", CENTRES, CENTRES_COUNTS) };
}

function readCentresAndBoxes(section, decoder) {
  const numbers = read({ worth_a_look: section.sure_with_pose, ...section }, "finder", BOXES, BOXES_COUNTS);
  if (numbers.stride % numbers.cell !== 0) refuse("is malformed: 'finder.stride' must be a multiple of 'finder.cell'");
  return { decoder, ...numbers };
}

function read(section, of, numbers, counts) {
  const values = {};
  for (const [name, [least, most]] of Object.entries(numbers)) values[name] = number(entry(section, name, of), `${of}.${name}`, least, most);
  for (const [name, most] of Object.entries(counts)) values[name] = whole(entry(section, name, of), `${of}.${name}`, 1, most);
  return values;
}
