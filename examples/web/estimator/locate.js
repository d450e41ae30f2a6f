// Finds people in a whole image: once in all of it, then from nearer at those that are small there.

import { cropAround } from "./crop.js";
import { distinct, iou, peopleIn, rank } from "./peaks.js";

const SMALL_PERSON = 0.5; // of the picture that the finder saw: below this, look again from nearer
const NEARER = 2; // times the box's longer side
const CLEAR = 0.5; // score of a person of whom there is no doubt
const BELIEVED = 0.5; // mean confidence of a pose: that is a person
const CANDIDATES = 3; // of whom the most confident pose is chosen, where there is doubt

/**
 * People, the most prominent first. `runFinder`: crop → the finder's answer; `looks`: how many small people to look at again;
 * `runFiner`: the same with more cells, or null, for people who are smaller still where nobody is found clearly;
 * `confidenceIn`: box → mean confidence of the pose in it, or null, says then whether that is a person, and who comes first.
 */
export async function findPeople(image, runFinder, looks, runFiner = null, confidenceIn = null) {
  const whole = cropAround([0, 0, image.width, image.height], 1);
  let people = await foundTwice(peopleIn(whole, await runFinder(whole)), whole, runFinder, looks);
  people.sort(byProminence(whole));
  if (people.some((person) => person.score > CLEAR)) return people;
  if (confidenceIn && people.length && (await confidenceIn(people[0].box)) >= BELIEVED) return people;
  if (runFiner) {
    const finer = peopleIn(whole, await runFiner(whole)).filter((person) => person.sure);
    people = distinct([...people, ...(await foundTwice(finer, whole, runFinder, looks))]).sort(byProminence(whole));
  }
  return confidenceIn ? confidentFirst(people, whole, confidenceIn) : people;
}

/** The first few in the order of prominence x confidence of their poses. */
async function confidentFirst(people, whole, confidenceIn) {
  const few = people.slice(0, CANDIDATES);
  if (few.length < 2) return people;
  const weighed = [];
  for (const person of few) weighed.push([(await confidenceIn(person.box)) * prominence(person, whole), person]);
  weighed.sort(([a], [b]) => b - a);
  return [...weighed.map(([, person]) => person), ...people.slice(CANDIDATES)];
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
