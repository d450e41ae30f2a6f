// The bundle's finder of centres and boxes, at one size: an image of any shape in, its maps out.

import { cutOut, viewOf, wholeIn } from "./crop.js";
import { openGraph, runGraph } from "./engine.js";

const OUTPUTS = ["centre", "box"];
const LARGEST = 1e4;

export class BoxFinder {
  #engine;
  #bundle;
  #file;
  #session;

  /** size: of the network's input that it goes with. */
  constructor(engine, bundle, size, file) {
    this.size = size;
    this.#engine = engine;
    this.#bundle = bundle;
    this.#file = file;
    this.image = this.#view({ width: 4, height: 3 }).pixels;
  }

  /** Runs on a picture of 4 × 3 in `image`, or on all of `picture` {data, width, height}. Gives the maps as `peopleOf` takes them. */
  async run(picture = null) {
    this.#session ??= await openGraph(this.#engine, this.#bundle, this.#file, OUTPUTS, OUTPUTS);
    const { width, height, crop, pixels } = this.#view(picture ?? { width: 4, height: 3 });
    if (picture) cutOut(picture, crop, width, this.#bundle.border, pixels);
    const image = new this.#engine.ort.Tensor("uint8", picture ? pixels : this.image, [1, height, width, 3]);
    const { centre, box } = await runGraph(this.#session, this.#file, { image }, OUTPUTS, { centre: LARGEST, box: LARGEST });
    const [, rows, columns] = centre.dims;
    return { crop, view: width, centre: centre.data, box: box.data, width: columns, height: rows };
  }

  #view(picture) {
    const { picture_scale: scale, stride } = this.#bundle.finder;
    const [width, height] = viewOf(picture, Math.round(scale * this.size), stride);
    return { width, height, crop: wholeIn(picture, width, height), pixels: new Uint8Array(3 * width * height) };
  }
}
