// Finds people in a whole image: once in all of it, then from nearer at those that are small there.

import { cropAround } from "./crop.js";
import { distinct, iou, peopleIn, rank, same } from "./peaks.js";

const SMALL_PERSON = 0.5; // of the picture that the finder saw: below this, look again from nearer
const NEARER = 2; // times the box's longer side
const CLEAR = 0.5; // score of a person of whom there is no doubt
const BELIEVED = 0.7; // mean confidence of a pose: that is a person
const CANDIDATES = 3; // of whom the most confident pose is chosen, where there is doubt

/**
 * People, the most prominent first. `runFinder`: crop → the finder's answer; `looks`: how many small people to look at again;
 * `runFiner`: the same with more cells, or null, for people who are smaller still where nobody is found clearly;
 * `look`: box → {confidence (mean), box (around the joints seen)} of the pose in it, or null, says then whether that is a person,
 * who comes first, and where their box is.
 */
export async function findPeople(image, runFinder, looks, runFiner = null, look = null) {
  const lookAt = look && eachBoxOnce(look);
  const whole = cropAround([0, 0, image.width, image.height], 1);
  let people = await foundTwice(peopleIn(whole, await runFinder(whole)), whole, runFinder, looks);
  people.sort(byProminence(whole));
  if (people.some((person) => person.score > CLEAR)) return people;
  if (lookAt && people.length) {
    const seen = await lookAt(people[0].box);
    if (seen.confidence >= BELIEVED) return settled(people, seen, lookAt);
  }
  if (runFiner) {
    const finer = peopleIn(whole, await runFiner(whole)).filter((person) => person.sure);
    people = distinct([...people, ...(await foundTwice(finer, whole, runFinder, looks))]).sort(byProminence(whole));
  }
  return lookAt && people.length ? confidentFirst(people, whole, lookAt) : people;
}

/** The first few in the order of prominence x confidence of their poses. */
async function confidentFirst(people, whole, lookAt) {
  const few = [];
  for (const person of people.slice(0, CANDIDATES)) {
    const seen = await lookAt(person.box);
    few.push({ person, seen, weight: seen.confidence * prominence(person, whole) });
  }
  few.sort((a, b) => b.weight - a.weight);
  return settled([...few.map(({ person }) => person), ...people.slice(CANDIDATES)], few[0].seen, lookAt);
}

/** The first with the box that their pose implies, if the pose in that is no less confident. */
async function settled(people, seen, lookAt) {
  if ((await lookAt(seen.box)).confidence < seen.confidence) return people;
  const first = { ...people[0], box: seen.box };
  return [first, ...people.slice(1).filter((person) => !same(person, first))];
}

function eachBoxOnce(look) {
  const seen = new Map();
  return async (box) => {
    const key = box.join();
    if (!seen.has(key)) seen.set(key, await look(box));
    return seen.get(key);
  };
}

/** The large ones, and the `looks` most prominent of the small ones as seen from nearer. */
async function foundTwice(people, whole, runFinder, looks) {
  people.sort(byProminence(whole));
  const found = people.filter((person) => !isSmall(person, whole));
  for (const person of people.filter((one) => isSmall(one, whole)).slice(0, looks)) found.push(await fromNearer(person, runFinder));
  return distinct(found);
}

const isSmall = (person, whole) => Math.max(person.box[2], person.box[3]) < SMALL_PERSON * whole.side;

const byProminence = (whole) => (a, b) => prominence(b, whole) - prominence(a, whole);

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
