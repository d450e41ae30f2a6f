// ONNX Runtime Web: WebGPU where the browser has it, else WebAssembly, with threads where the page is cross-origin isolated.

const MOST_THREADS = 4;
const BUILDS = {
  webgpu: ["ort.webgpu.bundle.min.mjs", "ort-wasm-simd-threaded.asyncify.wasm"],
  wasm: ["ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm"],
};

let turn = Promise.resolve(); // the end of the last call of any session

/** WebGPU has room for one session's call at a time, whoever's sessions they are: a second one ends in "Session already started". */
function inTurn(work) {
  const answer = turn.then(work);
  turn = answer.catch(() => {});
  return answer;
}

/** Loads the engine from the folder at `folder`. `wanted`: "webgpu", "wasm" or "auto". Gives {ort, provider, threads}. */
export async function loadEngine(wanted, folder) {
  if (!["auto", ...Object.keys(BUILDS)].includes(wanted)) throw new RangeError(`provider must be "auto", "webgpu" or "wasm", not ${wanted}`);
  const gpu = wanted !== "wasm" && (await hasGpu(wanted === "webgpu"));
  if (wanted === "webgpu" && !gpu) throw new Error("this browser has no WebGPU here: use WebAssembly");
  const [module, binary] = BUILDS[gpu ? "webgpu" : "wasm"].map((name) => new URL(name, folder).href);
  const ort = await loaded(module);
  const threads = globalThis.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1;
  ort.env.wasm.wasmPaths = { wasm: binary };
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
  return { ort, provider: gpu ? "webgpu" : "wasm", threads };
}

async function loaded(module) {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ module);
  } catch (error) {
    throw new Error(`ONNX Runtime Web cannot be loaded: is ${module} there, and served as text/javascript? ${error.message}`);
  }
}

/** Opens one of the bundle's graphs; of its outputs, those in `answers` are read here, the others stay where the engine has them. */
export async function openGraph(engine, bundle, file, outputs, answers) {
  const [graph, weights] = await Promise.all([bundle.file(file), bundle.file("weights.bin")]);
  const options = {
    executionProviders: [engine.provider],
    externalData: [{ path: "weights.bin", data: weights }],
    freeDimensionOverrides: { batch: 1 },
    logSeverityLevel: 3,
  };
  if (engine.provider === "webgpu") {
    options.preferredOutputLocation = Object.fromEntries(outputs.map((name) => [name, answers.includes(name) ? "cpu" : "gpu-buffer"]));
  }
  try {
    return await inTurn(() => engine.ort.InferenceSession.create(graph, options));
  } catch (error) {
    throw new Error(`ONNX Runtime Web cannot open ${file}: ${error.message ?? error}`);
  }
}

/**
 * Runs an opened graph. Its answers {name: the largest magnitude that means anything} are checked here, once, where they leave the
 * engine; `file` names the graph in messages.
 */
export async function runGraph(session, file, inputs, outputs, answers) {
  const tensors = await inTurn(() => session.run(inputs, outputs));
  for (const [name, limit] of Object.entries(answers)) {
    const { type, data } = tensors[name];
    if (type !== "float32") throw new Error(`the graph ${file} gives ${name} as ${type}, not as float32`);
    if (!data.every((value) => Math.abs(value) <= limit)) {
      throw new Error(`the graph ${file} gave values in ${name} that are not finite or too large, which is no answer`);
    }
  }
  return tensors;
}

/** Frees an opened graph. */
export function closeGraph(session) {
  return inTurn(() => session.release());
}

/** Whether there is WebGPU; one that a CPU pretends to be counts only if `evenInSoftware`. */
async function hasGpu(evenInSoftware) {
  try {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter != null && (evenInSoftware || !(adapter.info?.isFallbackAdapter ?? adapter.isFallbackAdapter));
  } catch {
    return false;
  }
}
