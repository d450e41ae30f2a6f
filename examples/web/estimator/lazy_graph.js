// One of the bundle's graphs, opened when it first runs; its answers are checked.

import { closeGraph, openGraph, runGraph } from "./engine.js";

export class LazyGraph {
  #engine;
  #bundle;
  #file;
  #limits;
  #session;

  /** limits: output → the largest magnitude that means anything. */
  constructor(engine, bundle, file, limits) {
    this.#engine = engine;
    this.#bundle = bundle;
    this.#file = file;
    this.#limits = limits;
  }

  async open() {
    const outputs = Object.keys(this.#limits);
    this.#session ??= await openGraph(this.#engine, this.#bundle, this.#file, outputs, outputs);
    return this.#session;
  }

  /** Frees the engine's session. The next run opens it anew. */
  async close() {
    const session = this.#session;
    this.#session = undefined;
    if (session !== undefined) await closeGraph(session);
  }

  /** The graph's answers by name. input: [type, values, shape] by name. */
  async run(inputs) {
    const session = await this.open();
    const tensors = Object.entries(inputs).map(([name, given]) => [name, new this.#engine.ort.Tensor(...given)]);
    return runGraph(session, this.#file, Object.fromEntries(tensors), Object.keys(this.#limits), this.#limits);
  }
}
