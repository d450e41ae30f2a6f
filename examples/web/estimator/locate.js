// Finds people in a whole image: with the finder in all of it, then from nearer; where it doubts, poses say who is a person.

import { cropAround } from "./crop.js";
import { iou, longerSide } from "./person_box.js";

/**
 * People, the most prominent first. `peaks`: reads the finder's maps, with the bundle's numbers; `runFinder`: crop → the finder's
 * answer; `looks`: how many small people to look at again from nearer; `runFiner`: the same with more cells, or null, for people
 * who are smaller still where nobody is found clearly; `look`: box → {confidence (mean), box (around the joints seen)} of the pose
 * in it, or null, says then whether that is a person, who comes first, and where their box is.
 */
export async function findPeople(image, peaks, runFinder, looks, runFiner = null, look = null) {
  const lookAt = look && eachBoxOnce(look);
  const search = new Search(cropAround([0, 0, image.width, image.height], 1), peaks, runFinder, looks);
  let people = search.prominentFirst(await search.foundTwice(await search.once(runFinder)));
  if (people.some((person) => person.score > peaks.finder.clear)) return people;
  if (lookAt && people.length) {
    const seen = await lookAt(people[0].box);
    if (seen.confidence >= peaks.poses.believed) return search.settled(people, seen, lookAt);
  }
  if (runFiner) {
    const finer = (await search.once(runFiner)).filter((person) => person.sure);
    people = search.prominentFirst(peaks.distinct([...people, ...(await search.foundTwice(finer))]));
  }
  return lookAt && people.length ? search.confidentFirst(people, lookAt) : people;
}

class Search {
  constructor(whole, peaks, runFinder, looks) {
    Object.assign(this, { whole, peaks, runFinder, looks });
  }

  /** People in the whole picture. */
  async once(runFinder) {
    return this.peaks.people(this.whole, await runFinder(this.whole));
  }

  /** The large ones, and the `looks` most prominent of the small ones as seen from nearer. */
  async foundTwice(people) {
    const ordered = this.prominentFirst(people);
    const isSmall = ({ box }) => longerSide(box) < this.peaks.finder.small_person * this.whole.side;
    const found = ordered.filter((person) => !isSmall(person));
    for (const person of ordered.filter(isSmall).slice(0, this.looks)) found.push(await this.#fromNearer(person));
    return this.peaks.distinct(found);
  }

  prominentFirst(people) {
    return [...people].sort((a, b) => this.#prominence(b) - this.#prominence(a));
  }

  /** The first few in the order of prominence x confidence of their poses. */
  async confidentFirst(people, lookAt) {
    const few = [];
    const count = this.peaks.finder.candidates;
    for (const person of people.slice(0, count)) {
      const seen = await lookAt(person.box);
      few.push({ person, seen, weight: seen.confidence * this.#prominence(person) });
    }
    few.sort((a, b) => b.weight - a.weight);
    return this.settled([...few.map(({ person }) => person), ...people.slice(count)], few[0].seen, lookAt);
  }

  /** The first with the box that their pose implies, if the pose in that is no less confident. */
  async settled(people, seen, lookAt) {
    if ((await lookAt(seen.box)).confidence < seen.confidence) return people;
    const first = { ...people[0], box: seen.box };
    return [first, ...people.slice(1).filter((person) => !this.peaks.same(person, first))];
  }

  /** Photographs are taken of whoever is in the middle: a person at the border counts less. */
  #prominence(person) {
    const [x, y, w, h] = person.box;
    const half = this.whole.side / 2;
    const away = Math.hypot(x + w / 2 - this.whole.x - half, y + h / 2 - this.whole.y - half) / half;
    return this.peaks.rank(person) * Math.exp(-this.peaks.finder.middle_first * away ** 2);
  }

  async #fromNearer(person) {
    const nearer = cropAround(person.box, this.peaks.finder.nearer);
    let best = { likelihood: 0, person };
    for (const again of this.peaks.people(nearer, await this.runFinder(nearer))) {
      const likelihood = again.score * (this.peaks.finder.nearer_overlap + iou(again.box, person.box));
      if (likelihood > best.likelihood) best = { likelihood, person: again };
    }
    return best.person;
  }
}

function eachBoxOnce(look) {
  const seen = new Map();
  return async (box) => {
    const key = box.join();
    if (!seen.has(key)) seen.set(key, await look(box));
    return seen.get(key);
  };
}
