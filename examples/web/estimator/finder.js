// The bundle's finder graph of one size: a crop in, its maps out.

import { LazyGraph } from "./lazy_graph.js";

const LARGEST = 1e4;

export class Finder {
  #graph;

  constructor(engine, bundle, size, file) {
    this.size = size;
    this.image = new Uint8Array(size * size * 3);
    this.#graph = new LazyGraph(engine, bundle, file, { centre: LARGEST, joints: LARGEST, heat: LARGEST });
  }

  close() {
    return this.#graph.close();
  }

  /** Runs on the crop in `image`. Gives centre (h × w), joints (J × 2 × h × w), heat (J × h × w), width and height in cells. */
  async run() {
    const { centre, joints, heat } = await this.#graph.run({ image: ["uint8", this.image, [1, this.size, this.size, 3]] });
    const [, height, width] = centre.dims;
    return { centre: centre.data, joints: joints.data, heat: heat.data, width, height };
  }
}
