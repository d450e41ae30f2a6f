// Finds people in a whole image: once in all of it, then from nearer at those that are small there.

import { cropAround } from "./crop.js";
import { distinct, iou, peopleIn, rank } from "./peaks.js";

const SMALL_PERSON = 0.5; // of the picture that the finder saw: below this, look again from nearer
const NEARER = 2; // times the box's longer side

/** People, the most prominent first. `runFinder`: crop → the finder's answer; `looks`: how many small people to look at again. */
export async function findPeople(image, runFinder, looks) {
  const whole = cropAround([0, 0, image.width, image.height], 1);
  const byProminence = (a, b) => prominence(b, whole) - prominence(a, whole);
  const people = peopleIn(whole, await runFinder(whole)).sort(byProminence);
  const isSmall = (person) => Math.max(person.box[2], person.box[3]) < SMALL_PERSON * whole.side;
  const found = people.filter((person) => !isSmall(person));
  for (const person of people.filter(isSmall).slice(0, looks)) found.push(await fromNearer(person, runFinder));
  return distinct(found).sort(byProminence);
}

/** Photographs are taken of whoever is in the middle: a person at the border counts less. */
function prominence(person, whole) {
  const [x, y, w, h] = person.box;
  const half = whole.side / 2;
  const away = Math.hypot(x + w / 2 - whole.x - half, y + h / 2 - whole.y - half) / half;
  return rank(person) * Math.exp(-0.35 * away ** 2);
}

async function fromNearer(person, runFinder) {
  const nearer = cropAround(person.box, NEARER);
  let best = { likelihood: 0, person };
  for (const again of peopleIn(nearer, await runFinder(nearer))) {
    const likelihood = again.score * (0.3 + iou(again.box, person.box));
    if (likelihood > best.likelihood) best = { likelihood, person: again };
  }
  return best.person;
}
