// An image in, a pose out, at the frame rate that was asked for.

import { BoxFinder } from "./box_finder.js";
import { openBundle } from "./bundle.js";
import { areaUnder, cropAround, cutOut, toImage } from "./crop.js";
import { loadEngine } from "./engine.js";
import { Finder } from "./finder.js";
import { BODY_JOINTS } from "./joints.js";
import { lift } from "./lift.js";
import { LiftGraph } from "./lift_graph.js";
import { findPeople } from "./locate.js";
import { checkPoint, checkTouches, checkedBox, checkedPeople } from "./options.js";
import { Peaks } from "./peaks.js";
import { boxOfSeenJoints } from "./person_box.js";
import { judged, peopleOf } from "./person_boxes.js";
import { toPixels } from "./pixels.js";
import { placed } from "./previous.js";
import { keptTimings, measure, profileKey } from "./profile.js";
import { RateController } from "./rate.js";
import { planSearch } from "./search_plan.js";
import { StageChain } from "./stages.js";

const MODULE = import.meta.url; // by a name of its own, so that no bundler takes the folders beside it for modules
const BUNDLE = new URL("../bundle/", MODULE);
const ORT = new URL("../ort/", MODULE);

const SAME_PERSON = 0.15; // of the longer side of the larger box

const clamped = (value) => Math.min(Math.max(value, 0), 1);
const meanConfidence = (confidence) => confidence.slice(0, BODY_JOINTS).reduce((sum, value) => sum + value) / BODY_JOINTS;

/** The network's u, v, z, confidence of each joint in a crop: keypoints in pixels of the image, depth, confidence in [0, 1]. */
function jointsIn(crop, answer) {
  const joints = { length: answer.length / 4 };
  const [u, v, depth, raw] = [0, 1, 2, 3].map((index) => Array.from(joints, (_, joint) => answer[4 * joint + index]));
  return { keypoints: u.map((value, joint) => toImage(crop, [value, v[joint]])), depth, confidence: raw.map(clamped) };
}

/** Whether two poses lie on one person: by the mean distance of their body's joints. */
function samePerson(a, b) {
  const apart = a.keypoints.slice(0, BODY_JOINTS).map(([x, y], joint) => Math.hypot(x - b.keypoints[joint][0], y - b.keypoints[joint][1]));
  const longer = Math.max(a.box[2], a.box[3], b.box[2], b.box[3]);
  return apart.reduce((sum, value) => sum + value) / BODY_JOINTS < SAME_PERSON * longer;
}

/** An address as seen from the page. */
const absolute = (url) => new URL(url, globalThis.location?.href);

export class Estimator {
  #bundle;
  #engine;
  #chains = {};
  #finders = {};
  #givesBoxes;
  #finerFinders = {}; // by half their own size
  #peaks;
  #liftGraph = null;
  #profile = null;
  #controller = null;
  #turn = Promise.resolve(); // the end of the last call
  #closed = false;

  /**
   * Opens the bundle in the folder at `url`; `provider`: "webgpu", "wasm", or "auto": WebGPU where it is there and works; `ort`: the
   * folder of ONNX Runtime Web. Both folders end in a slash; without them, those beside `estimator/` are taken.
   */
  static async open(url = BUNDLE, provider = "auto", ort = ORT) {
    const [bundle, engine] = await Promise.all([openBundle(absolute(url)), loadEngine(provider, absolute(ort))]);
    const estimator = new Estimator(bundle, engine);
    if (provider !== "auto" || engine.provider === "wasm") return estimator;
    try {
      await estimator.#chains[bundle.sizes[0]].run(bundle.cuts.at(-1));
      return estimator;
    } catch (error) {
      console.warn(`WebGPU does not work here, WebAssembly will do: ${error.message}`);
      estimator.close().catch(() => {}); // nobody waits for an engine that does not work
      return new Estimator(bundle, await loadEngine("wasm", absolute(ort)));
    }
  }

  constructor(bundle, engine) {
    this.#bundle = bundle;
    this.#engine = engine;
    this.#givesBoxes = bundle.finder?.decoder === "centres_and_boxes";
    this.#peaks = new Peaks(bundle.finder, bundle.poses);
    if (bundle.lift) this.#liftGraph = new LiftGraph(engine, bundle);
    for (const size of bundle.sizes) {
      this.#chains[size] = new StageChain(engine, bundle, size);
      const { finder, finer_finder: finer } = bundle.graphs[size];
      if (finder) this.#finders[size] = new (this.#givesBoxes ? BoxFinder : Finder)(engine, bundle, size, finder);
      if (finer) this.#finerFinders[size] = new Finder(engine, bundle, 2 * size, finer);
    }
  }

  /** Frees the engine's memory when the calls before have ended. Later calls are refused. */
  close() {
    return this.#inTurn(() => this.#close());
  }

  async #close() {
    this.#closed = true;
    this.#bundle.forget();
    const finders = [...Object.values(this.#finders), ...Object.values(this.#finerFinders)];
    const graphs = [...Object.values(this.#chains), ...finders, ...(this.#liftGraph ? [this.#liftGraph] : [])];
    await Promise.all(graphs.map((graph) => graph.close()));
  }

  /** When the bundle's poses are believed: see docs/architecture.md. */
  get poses() {
    return this.#bundle.poses;
  }

  /** What runs where: {bundle, cuts, sizes, provider, threads}. */
  get description() {
    const { name, cuts, sizes } = this.#bundle;
    return { bundle: name, cuts, sizes, provider: this.#engine.provider, threads: this.#engine.threads };
  }

  /** Measures every operating point, unless `kept` is a profile of this bundle in this browser. Gives the profile to keep. */
  prepare(kept = null, progress = () => {}) {
    return this.#whileOpen(() => this.#prepare(kept, progress));
  }

  async #prepare(kept, progress) {
    const key = profileKey(this.#bundle, this.#engine);
    const timings = keptTimings(kept, key, this.#bundle);
    await this.#liftGraph?.open();
    for (const size of this.#bundle.sizes) {
      progress(size);
      if (timings[size]) await this.#chains[size].run(this.#bundle.cuts.at(-1));
      else timings[size] = await measure(this.#chains[size], this.#finders[size] ?? null, this.#bundle.cuts);
    }
    const points = this.#bundle.sizes.flatMap((size) =>
      this.#bundle.cuts.map((cut, index) => ({ cut, size, p50: timings[size].p50[index], error: this.#bundle.errors[size][cut] })),
    );
    this.#controller = new RateController(points, Infinity);
    this.#profile = { key, timings };
    return this.#profile;
  }

  /**
   * The pose of one person.
   *
   * image: what `toPixels` takes. options: `box` [x, y, w, h] in pixels, or `person` as `find` gives it, else the person
   * is found within the frame's budget; `targetFps`, once prepared, or else `cut` and `size`; without any of these the deepest cut at the
   * largest size; in a video `previous`, the pose that this gave the same person in the frame before, not smoothed and not older than
   * about 0.2 s. `begin`: when the frame's time began (`performance.now()`).
   *
   * Gives keypoints (J × [x, y], pixels), joints3d (J × [x, y, z], mm from the pelvis), confidence, box, cut, size, latencyMs,
   * unsure (no person was found with certainty) and outOfReach (the target is, even for the fastest operating point).
   */
  predict(image, options) {
    const { box = null, person = null, begin = performance.now(), ...point } = options ?? {};
    return this.#whileOpen(async () => {
      checkPoint(point, this.#bundle, this.#controller !== null);
      if (person !== null) checkedBox(person.box);
      return this.#predict(image, { ...point, person, begin, box: box === null ? null : checkedBox(box) });
    });
  }

  async #predict(image, options) {
    const { box = null, targetFps = null } = options;
    const given = options.person ?? (box === null ? null : { box, sure: true });
    const whole = given === null ? await toPixels(image) : null;
    const person = given ?? (await this.#locate(whole, targetFps));
    const pixelsFor = async (crop, size) => {
      if (whole !== null) return whole;
      const part = await toPixels(image, (extent) => areaUnder(extent, crop, size));
      if (given.box === box) checkTouches(box, part.whole ?? part);
      return part;
    };
    return (await this.#poses([person], pixelsFor, options, given === null))[0];
  }

  /** The poses of some people in one frame, whose time they share. pixelsFor: crop, size → pixels to cut it out of. */
  async #poses(people, pixelsFor, options, located) {
    const { targetFps = null, cut = null, size = null, previous = null, begin } = options;
    const controller = targetFps === null ? null : this.#controller;
    controller?.retarget(1000 / targetFps);
    const chosen = controller?.choose(people.length, located);
    const point = chosen ?? { cut: cut ?? this.#bundle.cuts.at(-1), size: size ?? this.#bundle.sizes.at(-1) };
    const chain = this.#chains[point.size];
    const poses = [];
    let networkMs = 0;
    for (const person of people) {
      const crop = cropAround(person.box, this.#bundle.boxScale);
      cutOut(await pixelsFor(crop, point.size), crop, point.size, this.#bundle.border, chain.image);
      const answer = await chain.run(point.cut, placed(previous, crop, this.#bundle.jointCount, this.#bundle.depthRange));
      const pose = await this.#pose(answer, crop, person);
      poses.push({ ...pose, cut: answer.cut, size: point.size, latencyMs: performance.now() - begin });
      networkMs += answer.stageMs.reduce((sum, ms) => sum + ms);
    }
    controller?.observe(point, networkMs, poses.at(-1).latencyMs, people.length, located);
    const outOfReach = controller?.outOfReach ?? false;
    return poses.map((pose) => ({ ...pose, outOfReach }));
  }

  /**
   * The poses of everybody in an image, the most prominent first; empty where nobody is found with certainty. Whose pose is not
   * confident is nobody.
   *
   * options: `maxPeople`, how many at most, null: everybody; `targetFps`, which they share, or `cut` and `size`, as for `predict`.
   */
  predictAll(image, options) {
    const begin = performance.now();
    const { maxPeople = null, ...point } = options ?? {};
    return this.#whileOpen(async () => {
      checkPoint(point, this.#bundle, this.#controller !== null);
      return this.#predictAll(image, { ...point, begin, maxPeople: checkedPeople(maxPeople) });
    });
  }

  async #predictAll(image, { maxPeople, ...options }) {
    const pixels = await toPixels(image);
    const waiting = (await this.#people(pixels, options.targetFps ?? null, true)).filter((person) => person.sure);
    const everybody = [];
    while (waiting.length > 0 && everybody.length < maxPeople) {
      const next = waiting.splice(0, maxPeople - everybody.length);
      for (const pose of await this.#poses(next, async () => pixels, options, true)) {
        if (!pose.unsure && !everybody.some((other) => samePerson(pose, other))) everybody.push(pose);
      }
    }
    return everybody;
  }

  /** The most prominent person {box, sure}, found without hurry; the whole image, not sure, where there is none. */
  find(image) {
    return this.#whileOpen(async () => this.#locate(await toPixels(image), null));
  }

  /** Calls wait for each other: they share the tensors that crops are written into, and the engine's sessions. */
  #inTurn(work) {
    const answer = this.#turn.then(work);
    this.#turn = answer.catch(() => {});
    return answer;
  }

  #whileOpen(work) {
    return this.#inTurn(() => {
      if (this.#closed) throw new Error("this Estimator is closed: open a new one");
      return work();
    });
  }

  async #pose(answer, crop, person) {
    const { keypoints, depth, confidence } = jointsIn(crop, answer.pose);
    const extent = Math.max(person.box[2], person.box[3]);
    const { bones, depthRange } = this.#bundle;
    const joints3d = (await this.#liftGraph?.run(answer.pose)) ?? lift(keypoints, depth, confidence, bones, depthRange, extent);
    const unsure = !person.sure || meanConfidence(confidence) < this.#bundle.poses.sure;
    return { keypoints, joints3d, confidence, box: [...person.box], unsure };
  }

  async #locate(image, targetFps) {
    const people = await this.#people(image, targetFps, false);
    return people[0] ?? { box: [0, 0, image.width, image.height], sure: false };
  }

  /** People {box, sure}, the most prominent first, within the frame's budget. */
  async #people(image, targetFps, everybody) {
    const plan = this.#planSearch(targetFps, everybody);
    if (plan === null) return [];
    const finder = this.#finders[plan.size];
    const lookAt = (box) => this.#lookAt(image, box);
    if (this.#givesBoxes) {
      const found = peopleOf(await finder.run(image), image, this.#bundle.finder);
      return judged(found, this.#bundle.finder, async (box) => (await lookAt(box)).confidence, plan.looks, everybody);
    }
    const running = (one) => (crop) => {
      cutOut(image, crop, one.size, this.#bundle.border, one.image);
      return one.run();
    };
    const runFiner = plan.finer ? running(this.#finer(plan.size)) : null;
    return findPeople(image, this.#peaks, running(finder), plan.looks, runFiner, plan.poses ? lookAt : null);
  }

  /** What the pose in a box tells, at the largest size and the shallowest cut: see `findPeople`. */
  async #lookAt(image, box) {
    const size = this.#bundle.sizes.at(-1);
    const chain = this.#chains[size];
    const crop = cropAround(box, this.#bundle.boxScale);
    cutOut(image, crop, size, this.#bundle.border, chain.image);
    const { pose } = await chain.run(this.#bundle.cuts[0]);
    const { keypoints, confidence } = jointsIn(crop, pose);
    const around = boxOfSeenJoints(keypoints, confidence, image, this.#bundle.poses);
    return { confidence: meanConfidence(confidence), box: Math.min(around[2], around[3]) >= 2 ? around : box };
  }

  /** How to search for people (see `planSearch`); null where the bundle has no finder. */
  #planSearch(targetFps, everybody) {
    const sizes = Object.keys(this.#finders).map(Number);
    if (sizes.length === 0) return null;
    const budgetMs = targetFps === null ? null : 1000 / targetFps;
    const cost = (size) => [size, this.#profile.timings[size].finder * this.#controller.load.value];
    const costMs = budgetMs === null ? {} : Object.fromEntries(sizes.map(cost));
    const finer = sizes.filter((size) => this.#finer(size) !== undefined);
    return planSearch({ sizes, finer, costMs, oneLook: this.#givesBoxes }, { budgetMs, deadlineMs: null }, everybody);
  }

  /** The finder of twice the size, if there is one. */
  #finer(size) {
    return this.#finders[2 * size] ?? this.#finerFinders[size];
  }
}
