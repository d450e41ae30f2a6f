// The bundle's own graph from a cut's answer to millimetres, one for all cuts and sizes.

import { openGraph, runGraph } from "./engine.js";

const OUTPUTS = ["joints3d"];
const LARGEST_MM = 1e6;

export class LiftGraph {
  #engine;
  #bundle;
  #session;

  constructor(engine, bundle) {
    this.#engine = engine;
    this.#bundle = bundle;
  }

  async open() {
    this.#session ??= await openGraph(this.#engine, this.#bundle, this.#bundle.lift, OUTPUTS, OUTPUTS);
    return this.#session;
  }

  /** pose: joints × 4 u, v, z, confidence, as a stage gives it. Gives joints [x, y, z] in millimetres from the pelvis. */
  async run(pose) {
    const session = await this.open();
    const count = this.#bundle.jointCount;
    const inputs = { pose: new this.#engine.ort.Tensor("float32", pose, [1, count, 4]) };
    const answer = await runGraph(session, this.#bundle.lift, inputs, OUTPUTS, { joints3d: LARGEST_MM });
    const { dims, data } = answer.joints3d;
    if (dims.join() !== `1,${count},3`) {
      throw new Error(`the graph ${this.#bundle.lift} gives joints3d of shape ${dims}, not 1,${count},3`);
    }
    return Array.from({ length: count }, (_, joint) => Array.from(data.subarray(3 * joint, 3 * joint + 3)));
  }
}
