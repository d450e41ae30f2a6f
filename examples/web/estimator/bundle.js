// Opens a bundle over HTTP: reads the manifest, fetches files, and gives out none whose sha256 is not the manifest's.

import { BundleError } from "./fields.js";
import { checkedManifest, hasFinder, parsed, staysInside } from "./manifest.js";
import { readFinder, readPoses } from "./thresholds.js";

export { BundleError };

/** The bundle in the folder at `url` (with a slash at its end). Graphs and weights are fetched when first asked for. */
export async function openBundle(url) {
  const content = await download(url, "manifest.json");
  const manifest = checkedManifest(parsed(new TextDecoder().decode(content)));
  return new Bundle(url, manifest, await sha256(content));
}

/** What the manifest says, and the bundle's files. Sizes and cuts ascend; `digest` identifies the bundle with all in it. */
class Bundle {
  #url;
  #files;
  #kept = new Map();

  constructor(url, manifest, digest) {
    const { frame, preprocessing, joints } = manifest;
    this.#url = url;
    this.#files = manifest.files;
    this.digest = digest;
    this.name = manifest.name;
    this.jointCount = joints.names.length;
    this.precision = manifest.precisions.includes("fp32") ? "fp32" : manifest.precisions[0];
    this.sizes = [...manifest.sizes].sort((a, b) => a - b);
    this.cuts = manifest.cuts.map((entry) => entry.cut).sort((a, b) => a - b);
    this.boxScale = preprocessing.box_scale;
    this.border = preprocessing.border;
    this.depthRange = frame.depth_range_mm;
    this.bones = frame.bone_lengths_mm;
    this.graphs = manifest.graphs[this.precision];
    this.lift = manifest.lift ? manifest.lift.file : null;
    this.poses = readPoses(manifest.poses);
    this.finder = hasFinder(manifest) ? readFinder(manifest.finder) : null;
    this.errors = statedErrors(manifest, this.precision, this.sizes);
  }

  /** The checked content of one of the bundle's files. */
  file(name) {
    if (!this.#kept.has(name)) {
      const content = this.#checked(name);
      content.catch(() => this.#kept.delete(name)); // a network that failed once may do the next time
      this.#kept.set(name, content);
    }
    return this.#kept.get(name);
  }

  /** Lets go of what was fetched. What is asked for again is fetched again. */
  forget() {
    this.#kept.clear();
  }

  async #checked(name) {
    const entry = staysInside(name) && Object.hasOwn(this.#files, name) ? this.#files[name] : null;
    if (entry === null) throw new BundleError(`the manifest lists no file ${name}`);
    const content = await download(this.#url, name);
    if (content.byteLength !== entry.bytes || (await sha256(content)) !== entry.sha256) {
      throw new BundleError(`the bundle's file ${name} is damaged or was changed: its sha256 is not the manifest's`);
    }
    return content;
  }
}

/** Error of each [size][cut] on one scale: PA-MPJPE, else 1 − PCK, else a stand-in that falls with the work done. */
function statedErrors(manifest, precision, sizes) {
  const stated = (entry, size) => entry.accuracy?.[precision]?.[size] ?? {};
  const everywhere = (key) => manifest.cuts.every((entry) => sizes.every((size) => key in stated(entry, size)));
  const work = (entry, size) => entry.macs?.[size] || size * size * (1e4 + 1e3 * entry.cut);
  let error = (entry, size) => 1e9 / work(entry, size);
  if (everywhere("pck")) error = (entry, size) => 1 - stated(entry, size).pck;
  if (everywhere("pa_mpjpe_mm")) error = (entry, size) => stated(entry, size).pa_mpjpe_mm;
  const table = {};
  for (const size of sizes) table[size] = Object.fromEntries(manifest.cuts.map((entry) => [entry.cut, error(entry, size)]));
  return table;
}

async function download(url, name) {
  let answer;
  try {
    answer = await fetch(new URL(name, url));
  } catch (error) {
    throw new BundleError(`the bundle's file ${name} cannot be fetched: ${error.message}`);
  }
  if (!answer.ok) throw new BundleError(`the bundle's file ${name} cannot be fetched: HTTP ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function sha256(content) {
  if (globalThis.crypto?.subtle === undefined) {
    throw new BundleError("this browser checks files only on https:// and on localhost: open the page there");
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
