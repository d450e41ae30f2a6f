// Which operating point holds the frame rate: the rule of sspnet_sdk/frame_rate/rate.py. Timings and a clock come in, decisions go out.
// A point is {cut, size, p50, error}: the network's median milliseconds for one crop here, and how wrong its poses are.

import { LateFrames, LoadEstimate, RecentSpread, median } from "./latency.js";

// Hysteresis: a point is left when it costs more than KEEP budgets. A dearer one is taken when it would cost less than TAKE of
// the budget, for so many frames. An upgrade that did not last keeps the next one waiting, longer each time.
const KEEP = 1.02;
const TAKE = 0.94;
const DWELL_FRAMES = 4;
const FIRST_WAIT_S = 0.5;
const LONGEST_WAIT_S = 2;
const LASTING_S = 2;
const UNREACHED_FRAMES = 10;
// Of 100 frames of a rate, by their spread alone: some of the others are stopped before they are late.
const ON_TIME = 92;
// A frame rate is a mean, but hardly a frame shall be late: take more than so many budgets.
const LATE = 1.05;

/** The points that no other beats in both latency and error, fastest (and worst) first. */
export function paretoFront(points) {
  const front = [];
  for (const point of [...points].sort((a, b) => a.p50 - b.p50 || a.error - b.error)) {
    if (front.length === 0 || point.error < front.at(-1).error) front.push(point);
  }
  return front;
}

export class RateController {
  load = new LoadEstimate();
  switches = 0;
  #points;
  #budget;
  #clock;
  #overheads = { false: [], true: [] };
  #late = new LateFrames();
  #spread = new RecentSpread();
  #index;
  #candidate;
  #dwell = 0;
  #upgradedAt = -Infinity;
  #wait = FIRST_WAIT_S;
  #notBefore = -Infinity;
  #unreached = 0;

  /** `budget`: milliseconds for one frame; `clock`: seconds, monotonic. */
  constructor(points, budget, clock = () => performance.now() / 1000) {
    this.front = paretoFront(points);
    this.#points = points;
    this.#budget = budget;
    this.#clock = clock;
    this.#index = this.#candidate = this.#best(TAKE, 1, false);
  }

  /** Whether even the fastest point misses the budget now, or the last frames missed it as they were asked for. */
  get outOfReach() {
    return this.#mean(0, 1, false) > this.#budget || this.#unreached >= UNREACHED_FRAMES;
  }

  /** Changes the budget; what is known about the load stays. */
  retarget(budget) {
    if (budget === this.#budget) return;
    this.#budget = budget;
    this.#index = this.#best(TAKE, 1, false);
    this.#dwell = this.#unreached = 0;
  }

  /** The point for the next frame; `people`: crops that share its budget; `located`: it also pays for finding them. */
  choose(people, located) {
    if (this.#cost(this.#index, people, located) > this.#budget * KEEP) this.#degrade(this.#best(1, people, located));
    else this.#consider(this.#best(TAKE, people, located));
    return this.front[this.#index];
  }

  /** Takes one frame's timings in milliseconds: in the network for all `people`, and from the frame to its poses. */
  observe(point, network, total, people, located) {
    const known = this.#points.find((other) => other.cut === point.cut && other.size === point.size) ?? point;
    const ratio = network / (known.p50 * people);
    this.load.update(ratio);
    this.#spread.update(ratio / this.load.value);
    const lateAfter = LATE * this.#budget;
    const hopeless = ratio * people * this.front[0].p50 + this.#overhead(located) > lateAfter; // even the fastest point is late
    if (!hopeless) this.#late.update(total > lateAfter, this.#spread.tail(ON_TIME) / LATE);
    this.#overheads[located] = [...this.#overheads[located], Math.max(total - network, 0)].slice(-9);
    this.#unreached = this.#mean(0, people, located) > this.#budget * KEEP ? this.#unreached + 1 : 0;
  }

  /** What has to stay within the budget. */
  #cost(index, people, located) {
    const usual = this.load.value * people * this.front[index].p50 + this.#overhead(located);
    return Math.max(this.#mean(index, people, located), this.#late.factor * usual);
  }

  #mean(index, people, located) {
    return this.load.mean * people * this.front[index].p50 + this.#overhead(located);
  }

  #overhead(located) {
    const overheads = this.#overheads[located];
    return overheads.length ? median(overheads) : 0;
  }

  #best(share, people, located) {
    const fits = (_point, index) => this.#cost(index, people, located) <= this.#budget * share;
    return Math.max(0, this.front.findLastIndex(fits));
  }

  #degrade(index) {
    if (index >= this.#index) return;
    const now = this.#clock();
    const lasted = now - this.#upgradedAt > LASTING_S;
    this.#wait = lasted ? FIRST_WAIT_S : Math.min(2 * this.#wait, LONGEST_WAIT_S);
    this.#notBefore = lasted ? -Infinity : now + this.#wait;
    this.#move(index);
  }

  #consider(candidate) {
    if (candidate <= this.#index) {
      this.#dwell = 0;
      return;
    }
    this.#candidate = this.#dwell ? Math.min(candidate, this.#candidate) : candidate;
    this.#dwell += 1;
    if (this.#dwell >= DWELL_FRAMES && this.#clock() >= this.#notBefore) {
      this.#upgradedAt = this.#clock();
      this.#move(this.#candidate);
    }
  }

  #move(index) {
    this.#index = index;
    this.#dwell = 0;
    this.switches += 1;
  }
}
