// The chain of stages of one size. Each stage gives a complete pose and the features that the next one refines, so a run can end
// after any of them. Stages are opened when first needed.

import { closeGraph, openGraph, runGraph } from "./engine.js";

const LARGEST = 100; // crop sides

export class StageChain {
  #engine;
  #bundle;
  #stages;
  #sessions = [];

  constructor(engine, bundle, size) {
    this.size = size;
    this.image = new Uint8Array(size * size * 3);
    this.#engine = engine;
    this.#bundle = bundle;
    this.#stages = bundle.graphs[size].stages;
  }

  /**
   * Runs the crop in `image` to `cut`. `previous`: joints × 4 u, v, z, confidence of the same person in the frame before, on this
   * crop; null: nothing is known. Gives {pose: joints × 4 u, v, z, confidence, cut, stageMs: each stage's milliseconds}.
   */
  async run(cut, previous = null) {
    const { Tensor } = this.#engine.ort;
    const tensors = { image: new Tensor("uint8", this.image, [1, this.size, this.size, 3]) };
    if (this.#stages.some(({ inputs }) => inputs.includes("previous"))) {
      const count = this.#bundle.jointCount;
      tensors.previous = new Tensor("float32", previous ?? new Float32Array(4 * count), [1, count, 4]);
    }
    const result = { pose: null, cut: 0, stageMs: [] };
    try {
      for (let index = 0; index < this.#stages.length && (index === 0 || this.#stages[index].cut <= cut); index++) {
        const stage = this.#stages[index];
        const session = await this.#open(index);
        const begin = performance.now();
        const inputs = Object.fromEntries(stage.inputs.map((name) => [name, tensors[name]]));
        Object.assign(tensors, await runGraph(session, stage.file, inputs, stage.outputs, { [`pose_${stage.cut}`]: LARGEST }));
        result.stageMs.push(performance.now() - begin);
        result.pose = answerOf(tensors, stage, this.#bundle.jointCount);
        result.cut = stage.cut;
      }
    } finally {
      for (const tensor of Object.values(tensors)) tensor.dispose();
    }
    return result;
  }

  /** Frees the engine's sessions. The next run opens them anew. */
  async close() {
    const sessions = this.#sessions;
    this.#sessions = [];
    await Promise.all(sessions.map(closeGraph));
  }

  async #open(index) {
    const { file, cut, outputs } = this.#stages[index];
    this.#sessions[index] ??= await openGraph(this.#engine, this.#bundle, file, outputs, [`pose_${cut}`]);
    return this.#sessions[index];
  }
}

function answerOf(tensors, stage, count) {
  const pose = tensors[`pose_${stage.cut}`];
  const shape = `1,${count},4`;
  if (pose.dims.join() !== shape) throw new Error(`the graph ${stage.file} gives a pose of shape ${pose.dims}, not ${shape}`);
  return Float32Array.from(pose.data);
}
