// What benchmarks/browser.py runs in the page: one frame of a video to one pose, by this estimator and by MoveNet in TensorFlow.js.

import { Estimator } from "/estimator/estimator.js";

const SIZES = { "movenet-lightning": 192, "movenet-thunder": 256 };

/** Gives {name, run}: `run` takes the frame and gives a promise of the answer. */
async function ours(provider, size, cut, box) {
  const estimator = await Estimator.open(new URL("/bundle/", location.href), provider);
  const { threads } = estimator.description;
  return { name: `sspnet-sdk, ${provider}, ${threads} threads: ${size} px, cut ${cut}`, run: (frame) => estimator.predict(frame, { box, size, cut }) };
}

async function moveNet(backend, model, [x, y, w, h]) {
  const tf = globalThis.tf;
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js has no ${backend} here`);
  await tf.ready();
  const network = await tf.loadGraphModel(`/movenet/${model}.json`);
  const size = SIZES[model];
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const side = 1.25 * Math.max(w, h);
  const corner = [x + (w - side) / 2, y + (h - side) / 2];
  const run = async (frame) => {
    await tf.setBackend(backend);
    context.drawImage(frame, ...corner, side, side, 0, 0, size, size);
    const image = tf.tidy(() => tf.cast(tf.expandDims(tf.browser.fromPixels(canvas)), "int32"));
    const answer = network.execute(image);
    const keypoints = await answer.data();
    image.dispose();
    answer.dispose();
    if (!keypoints.every(Number.isFinite)) throw new Error(`${model} on ${backend} gave no keypoints`);
    return keypoints;
  };
  const threads = backend === "wasm" ? `, ${tf.wasm.getThreadsCount()} threads` : "";
  return { name: `TensorFlow.js, ${backend}${threads}: ${model}`, run };
}

/** Why what is called `kind` here would not be a GPU's work; null: it is, or needs none. */
async function lacksGpu(kind) {
  if (kind === "webgpu") {
    const adapter = await navigator.gpu?.requestAdapter();
    if (adapter == null) return "webgpu: this browser has none here";
    return (adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter) ? "webgpu: there is no GPU here, the CPU would pretend to be one" : null;
  }
  if (kind !== "webgl") return null;
  const gl = new OffscreenCanvas(8, 8).getContext("webgl2");
  if (gl === null) return "webgl: this browser has none here";
  const renderer = gl.getParameter(gl.getExtension("WEBGL_debug_renderer_info")?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER);
  return /swiftshader|llvmpipe|software/i.test(renderer) ? "webgl: there is no GPU here, the CPU would pretend to be one" : null;
}

/**
 * Opens what works here. What would need a GPU is passed over where there is none, unless `inSoftware`. Gives {names, failed: [one
 * line each]}; what was opened stays in `globalThis.entries`.
 */
globalThis.openAll = async ({ box, providers, points, backends, models, inSoftware }) => {
  const [entries, failed] = [[], []];
  const lacking = new Map();
  for (const kind of inSoftware ? [] : new Set([...providers, ...backends])) lacking.set(kind, await lacksGpu(kind));
  failed.push(...[...lacking.values()].filter((reason) => reason !== null));
  const isThere = (kind) => (lacking.get(kind) ?? null) === null;
  globalThis.tf?.wasm?.setWasmPaths("/tfjs/");
  globalThis.tf?.wasm?.setThreadsCount(Math.min(navigator.hardwareConcurrency, 4));
  const wanted = [
    ...providers.filter(isThere).flatMap((provider) => points.map(([size, cut]) => () => ours(provider, size, cut, box))),
    ...backends.filter(isThere).flatMap((backend) => models.map((model) => () => moveNet(backend, model, box))),
  ];
  const frame = await nextFrame();
  for (const open of wanted) {
    try {
      const entry = await open();
      await entry.run(frame);
      entries.push(entry);
    } catch (error) {
      failed.push(String(error.message ?? error).split("\n")[0]);
    }
  }
  globalThis.entries = entries;
  return { names: entries.map(({ name }) => name), failed };
};

let photo = null;

/** A frame of 1920 × 1080 as a camera gives it to a page: a bitmap. */
async function nextFrame() {
  photo ??= await createImageBitmap(await (await fetch("/frame.png")).blob());
  return photo;
}

/** Milliseconds of `count` frames in a row of one entry, each from the frame to the pose; the first, with cold caches, not counted. */
globalThis.burst = async ({ index, count }) => {
  const { run } = globalThis.entries[index];
  const frame = await nextFrame();
  await run(frame);
  const times = [];
  for (let i = 0; i < count; ++i) {
    const begin = performance.now();
    await run(frame);
    times.push(performance.now() - begin);
  }
  return times;
};

globalThis.ready = true;
