// People in a whole picture, of a finder that gives a map of their centres and a box for each cell; poses settle doubts.

import { likeliestCells } from "./centre_map.js";
import { iou, longerSide } from "./person_box.js";

const LEAST_SIDE = 1; // pixels of the image
const MOST_LOOKS = 6; // at the doubtful of a crowd

/**
 * Distinct people {box, score, sure}, the most prominent (likely, large, in the middle) first; `sure` as the likelihood alone tells.
 * maps: the finder's answer {crop, view (its width in pixels), centre (h × w), box (4 × h × w, cells), width, height}; numbers: the
 * manifest's `finder`.
 */
export function peopleOf(maps, image, numbers) {
  const people = [];
  for (const cell of likeliestCells(maps, numbers.centre_floor, numbers.most_peaks)) {
    const box = boxAt(maps, cell, image, numbers);
    if (Math.min(box[2], box[3]) < LEAST_SIDE || people.some((other) => iou(box, other.box) >= numbers.same_iou)) continue;
    people.push({ box, score: maps.centre[cell], sure: maps.centre[cell] >= numbers.sure_score });
  }
  return people.sort((a, b) => prominence(b, image, numbers) - prominence(a, image, numbers));
}

/**
 * The same people, those who are sure first: at the first `looks` (six at most) who are neither clear nor hopeless a pose is looked
 * at; unless `everybody` is wanted, only until somebody is sure. confidenceIn: box → mean confidence of the pose in it.
 */
export async function judged(people, numbers, confidenceIn, looks, everybody) {
  const sure = [];
  const rest = [];
  looks = Math.min(looks, MOST_LOOKS);
  for (const person of people) {
    if (person.score > numbers.clear) {
      person.sure = true;
    } else if (looks > 0 && person.score >= numbers.worth_a_look && (everybody || sure.length === 0)) {
      looks -= 1;
      person.sure = person.score * (await confidenceIn(person.box)) >= numbers.sure_with_pose;
    }
    (person.sure ? sure : rest).push(person);
  }
  return [...sure, ...rest];
}

/** The box of a cell in pixels of the image, inside it. */
function boxAt({ crop, view, box, width, height }, cell, image, numbers) {
  const pixels = (numbers.cell * crop.side) / view;
  const [x, y, w, h] = [0, 1, 2, 3].map((channel) => box[channel * width * height + cell]);
  const edges = (corner, middle, extent, bound) =>
    [middle - extent / 2, middle + extent / 2].map((edge) => Math.min(Math.max(corner + pixels * edge, 0), bound));
  const [left, right] = edges(crop.x, (cell % width) + x, w, image.width);
  const [top, bottom] = edges(crop.y, Math.floor(cell / width) + y, h, image.height);
  return [left, top, right - left, bottom - top];
}

/** The certain come first, the larger one of two that are alike; who stands at the picture's border counts less. */
function prominence({ box, score }, image, numbers) {
  const [x, y, w, h] = box;
  const half = Math.max(image.width, image.height) / 2;
  const away = Math.hypot(x + w / 2 - image.width / 2, y + h / 2 - image.height / 2) / half;
  return score * longerSide(box) ** numbers.larger_first * Math.exp(-numbers.middle_first * away ** 2);
}
