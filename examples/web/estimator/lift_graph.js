// The bundle's own graph from a cut's answer to millimetres, one for all cuts and sizes.

import { LazyGraph } from "./lazy_graph.js";

const LARGEST_MM = 1e6;

export class LiftGraph {
  #bundle;
  #graph;

  constructor(engine, bundle) {
    this.#bundle = bundle;
    this.#graph = new LazyGraph(engine, bundle, bundle.lift, { joints3d: LARGEST_MM });
  }

  open() {
    return this.#graph.open();
  }

  close() {
    return this.#graph.close();
  }

  /** pose: joints × 4 u, v, z, confidence, as a stage gives it. Gives joints [x, y, z] in millimetres from the pelvis. */
  async run(pose) {
    const count = this.#bundle.jointCount;
    const { dims, data } = (await this.#graph.run({ pose: ["float32", pose, [1, count, 4]] })).joints3d;
    if (dims.join() !== `1,${count},3`) {
      throw new Error(`the graph ${this.#bundle.lift} gives joints3d of shape ${dims}, not 1,${count},3`);
    }
    return Array.from({ length: count }, (_, joint) => Array.from(data.subarray(3 * joint, 3 * joint + 3)));
  }
}
