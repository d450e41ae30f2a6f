// The bundle's finder of centres and boxes, at one size: an image of any shape in, its maps out.

import { cutOut, viewOf, wholeIn } from "./crop.js";
import { LazyGraph } from "./lazy_graph.js";

const LARGEST = 1e4;

export class BoxFinder {
  #bundle;
  #graph;

  /** size: of the network's input that it goes with. */
  constructor(engine, bundle, size, file) {
    this.size = size;
    this.#bundle = bundle;
    this.#graph = new LazyGraph(engine, bundle, file, { centre: LARGEST, box: LARGEST });
    this.image = this.#view({ width: 4, height: 3 }).pixels;
  }

  close() {
    return this.#graph.close();
  }

  /** Runs on a picture of 4 × 3 in `image`, or on all of `picture` {data, width, height}. Gives the maps as `peopleOf` takes them. */
  async run(picture = null) {
    const { width, height, crop, pixels } = this.#view(picture ?? { width: 4, height: 3 });
    if (picture) cutOut(picture, crop, width, this.#bundle.border, pixels);
    const { centre, box } = await this.#graph.run({ image: ["uint8", picture ? pixels : this.image, [1, height, width, 3]] });
    const [, rows, columns] = centre.dims;
    return { crop, view: width, centre: centre.data, box: box.data, width: columns, height: rows };
  }

  #view(picture) {
    const { picture_scale: scale, stride } = this.#bundle.finder;
    const [width, height] = viewOf(picture, Math.round(scale * this.size), stride);
    return { width, height, crop: wholeIn(picture, width, height), pixels: new Uint8Array(3 * width * height) };
  }
}
