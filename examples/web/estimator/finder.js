// The bundle's finder graph of one size: a crop in, its maps out.

import { openGraph, runGraph } from "./engine.js";

const OUTPUTS = ["centre", "joints", "heat"];
const LARGEST = 1e4;

export class Finder {
  #engine;
  #bundle;
  #file;
  #session;

  constructor(engine, bundle, size, file) {
    this.size = size;
    this.#file = file;
    this.image = new Uint8Array(size * size * 3);
    this.#engine = engine;
    this.#bundle = bundle;
  }

  /** Runs on the crop in `image`. Gives centre (h × w), joints (J × 2 × h × w), heat (J × h × w), width and height in cells. */
  async run() {
    this.#session ??= await openGraph(this.#engine, this.#bundle, this.#file, OUTPUTS, OUTPUTS);
    const image = new this.#engine.ort.Tensor("uint8", this.image, [1, this.size, this.size, 3]);
    const maps = await runGraph(this.#session, this.#file, { image }, OUTPUTS, { centre: LARGEST, joints: LARGEST, heat: LARGEST });
    const [, height, width] = maps.centre.dims;
    return { centre: maps.centre.data, joints: maps.joints.data, heat: maps.heat.data, width, height };
  }
}
