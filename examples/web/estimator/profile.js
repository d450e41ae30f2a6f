// Measures the operating points in this browser, once; the page keeps the result.

import { median } from "./latency.js";

const MILLISECONDS = 400;
const FEWEST_RUNS = 6;
const MOST_RUNS = 40;
const SHORTEST = 0.1; // milliseconds
const LONGEST = 1e6;

/** What a kept profile must have been made with to be of use again. */
export function profileKey(bundle, engine) {
  return [1, bundle.digest, engine.provider, engine.threads, engine.ort.env.versions.web, navigator.userAgent].join("|");
}

/** Of a kept profile, the timings that are of use: made with `key`, and whole; by size. */
export function keptTimings(kept, key, { sizes, cuts }) {
  if (kept?.key !== key) return {};
  const isTime = (value) => typeof value === "number" && value > 0 && value < LONGEST;
  const isWhole = (size) => {
    const { p50, finder } = kept.timings?.[size] ?? {};
    return Array.isArray(p50) && p50.length === cuts.length && p50.every(isTime) && (finder === null || isTime(finder));
  };
  return Object.fromEntries(sizes.filter(isWhole).map((size) => [size, kept.timings[size]]));
}

/** Median milliseconds to each cut in `cuts`' order, and of the finder (null without one), on a grey crop. */
export async function measure(chain, finder, cuts) {
  chain.image.fill(128);
  await chain.run(cuts.at(-1));
  const runs = await repeat(async () => sums((await chain.run(cuts.at(-1))).stageMs));
  const p50 = cuts.map((_cut, index) => typical(runs.map((run) => run[index])));
  if (finder === null) return { p50, finder: null };
  finder.image.fill(128);
  await finder.run();
  return { p50, finder: typical(await repeat(() => elapsed(() => finder.run()))) };
}

/** The median; the mean where a coarse clock (some browsers count in 100 ms, against fingerprinting) saw most runs take no time. */
function typical(times) {
  return median(times) || Math.max(times.reduce((sum, time) => sum + time) / times.length, SHORTEST);
}

async function repeat(work) {
  const results = [];
  const end = performance.now() + MILLISECONDS;
  while (results.length < FEWEST_RUNS || (performance.now() < end && results.length < MOST_RUNS)) results.push(await work());
  return results;
}

async function elapsed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

function sums(values) {
  let sum = 0;
  return values.map((value) => (sum += value));
}
