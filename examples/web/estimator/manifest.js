// A bundle's manifest.json, checked: every field that is read has a type and a range.

import { BundleError, entry, list, number, object, refuse, text, whole, wholes } from "./fields.js";
import { BODY_JOINTS, FLIP_PAIRS, JOINT_NAMES, JOINT_PARENTS } from "./joints.js";
import { readFinder, readPoses, SCHEMA_1 } from "./thresholds.js";

const SCHEMA = 2;
const MOST_CHOICES = 16; // sizes or cuts
const HALF_A_CHARACTER = /[\ud800-\udfff]/u;
const GRAPHS = ["full", "finder", "finer_finder"];

/** What the text of a manifest says: JSON of finite numbers and whole characters. */
export function parsed(text) {
  try {
    return JSON.parse(text, (key, value) => {
      if (typeof value === "number" && !Number.isFinite(value)) throw new SyntaxError("a number is too large");
      if (typeof value === "string" && HALF_A_CHARACTER.test(value)) throw new SyntaxError("half of a character is no text");
      return value;
    });
  } catch (error) {
    throw new BundleError(`the bundle's manifest.json is not valid JSON: ${error.message}`);
  }
}

/** The manifest of today's schema in `document`, what JSON says. */
export function checkedManifest(document) {
  const manifest = upgraded(document);
  text(entry(manifest, "name"), "name", 200);
  const joints = checkJoints(entry(manifest, "joints"));
  checkFrame(entry(manifest, "frame"), joints);
  checkPreprocessing(entry(manifest, "preprocessing"));
  const sizes = wholes(entry(manifest, "sizes"), "sizes", 8, 4096, MOST_CHOICES);
  checkPrecisions(entry(manifest, "precisions"));
  const cuts = list(entry(manifest, "cuts"), "cuts", 1, MOST_CHOICES).map(checkCut);
  wholes(cuts, "cuts", 1, 1000, MOST_CHOICES);
  checkFiles(entry(manifest, "files"));
  const ascending = [...cuts].sort((a, b) => a - b);
  for (const precision of manifest.precisions) {
    for (const size of sizes) {
      const graphs = entry(entry(entry(manifest, "graphs"), precision, "graphs"), String(size), `graphs.${precision}`);
      checkGraphs(manifest.files, graphs, `graphs.${precision}.${size}`, ascending);
    }
  }
  for (const name of ["lift", "root_depth"]) {
    if (manifest[name] != null) listed(manifest.files, entry(manifest[name], "file", name));
  }
  readPoses(entry(manifest, "poses"));
  if (hasFinder(manifest)) readFinder(entry(manifest, "finder"));
  checkNotes(manifest);
  return manifest;
}

/** Whether any graph is a finder's. */
export function hasFinder({ graphs }) {
  return Object.values(graphs).some((sizes) => Object.values(sizes).some((one) => "finder" in one || "finer_finder" in one));
}

/** Whether `name` is a plain relative path that does not leave its folder. */
export function staysInside(name) {
  if (typeof name !== "string" || name.length > 250 || name.startsWith("/") || /[\\:\0"*?<>|\n]/.test(name)) return false;
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length > 0 && !parts.includes("..");
}

function upgraded(document) {
  const schema = document?.schema;
  if (schema === 1) return { ...document, ...SCHEMA_1, schema: SCHEMA };
  if (schema !== SCHEMA) refuse(`has schema ${String(schema).slice(0, 40)}; this page reads schema ${SCHEMA}, and 1`);
  return document;
}

function checkJoints(joints) {
  const names = list(entry(joints, "names", "joints"), "joints.names", 0, 100);
  const known = [BODY_JOINTS, JOINT_NAMES.length].includes(names.length) && names.every((name, joint) => name === JOINT_NAMES[joint]);
  if (!known) refuse(`has joints that are not the ${BODY_JOINTS} or the ${JOINT_NAMES.length} this page knows`);
  const pairs = FLIP_PAIRS.filter((pair) => Math.max(...pair) < names.length);
  for (const [name, expected] of Object.entries({ parents: JOINT_PARENTS.slice(0, names.length), flip_pairs: pairs, root: 0 })) {
    if (JSON.stringify(entry(joints, name, "joints")) !== JSON.stringify(expected)) {
      refuse(`is malformed: 'joints.${name}' must be those of the joints' names`);
    }
  }
  return names.length;
}

function checkFrame(frame, joints) {
  number(entry(frame, "depth_range_mm", "frame"), "frame.depth_range_mm", 1, 100_000);
  const what = "frame.bone_lengths_mm";
  for (const bone of list(entry(frame, "bone_lengths_mm", "frame"), what, 1, 100)) {
    const [a, b, length] = list(bone, `a bone of ${what}`, 3, 3);
    if (whole(a, what, 0, joints - 1) === whole(b, what, 0, joints - 1)) refuse(`is malformed: '${what}' has a bone from joint ${a} to itself`);
    number(length, what, 1, 10_000);
  }
}

function checkPreprocessing(preprocessing) {
  for (const [name, known] of Object.entries({ layout: "NHWC", dtype: "uint8", color: "rgb" })) {
    if (entry(preprocessing, name, "preprocessing") !== known) refuse(`wants a preprocessing that this page does not know: ${name}`);
  }
  number(entry(preprocessing, "box_scale", "preprocessing"), "preprocessing.box_scale", 0.5, 10);
  whole(entry(preprocessing, "border", "preprocessing"), "preprocessing.border", 0, 255);
}

function checkPrecisions(precisions) {
  for (const name of list(precisions, "precisions", 1, MOST_CHOICES)) {
    if (!(typeof name === "string" && /^[a-z0-9_]{1,20}$/.test(name))) refuse("is malformed: 'precisions' must be names such as fp32");
  }
  if (new Set(precisions).size < precisions.length) refuse("is malformed: 'precisions' must be distinct");
}

function checkCut(entry_) {
  const cut = whole(entry(entry_, "cut", "cuts"), "cuts.cut", 1, 1000);
  if (entry_.parameters != null) whole(entry_.parameters, "cuts.parameters", 0, 2 ** 50);
  if ("macs" in entry_) Object.values(object(entry_.macs, "cuts.macs")).forEach((macs) => number(macs, "cuts.macs", 0, 1e18));
  for (const name of ["accuracy", "deviation"]) if (name in entry_) checkScores(entry_[name], `cuts.${name}`);
  return cut;
}

/** What an evaluation found, or a lower precision costs: precision → size → score → number. */
function checkScores(scores, what) {
  for (const sizes of Object.values(object(scores, what))) {
    for (const stated of Object.values(object(sizes, what))) {
      for (const [score, value] of Object.entries(object(stated, what))) number(value, `${what}.${score}`, 0, score === "pck" ? 1 : 1e6);
    }
  }
}

function checkFiles(files) {
  if (Object.keys(object(files, "files")).length > 10_000) refuse("is malformed: 'files' lists more than 10,000");
  for (const [name, file] of Object.entries(files)) {
    if (!staysInside(name)) refuse(`names ${JSON.stringify(name.slice(0, 80))}, which is not a path inside the bundle`);
    whole(entry(file, "bytes", `files.${name}`), `files.${name}.bytes`, 0, 2 ** 32);
    if (!/^[0-9a-f]{64}$/.test(text(entry(file, "sha256", `files.${name}`), `files.${name}.sha256`))) {
      refuse(`is malformed: 'files.${name}.sha256' must be 64 hexadecimal digits`);
    }
  }
}

function checkGraphs(files, graphs, what, cuts) {
  for (const name of GRAPHS) if (name in object(graphs, what)) listed(files, graphs[name]);
  const stages = list(entry(graphs, "stages", what), `${what}.stages`, 0, MOST_CHOICES);
  const given = new Set(["image", "previous"]);
  if (stages.map((stage) => entry(stage, "cut", `${what}.stages`)).join() !== cuts.join()) {
    refuse(`is malformed: '${what}.stages' must be those of the cuts`);
  }
  stages.forEach((stage, index) => {
    const file = listed(files, entry(stage, "file", `${what}.stages`));
    const [needed, gives] = ["inputs", "outputs"].map((name) => tensors(stage, name, `${what}.stages`));
    const missing = needed.find((name) => !given.has(name));
    if (missing !== undefined) refuse(`is malformed: no stage gives '${missing}', which ${file} needs`);
    if (!gives.includes(`pose_${cuts[index]}`)) refuse(`is malformed: the stage ${file} gives no 'pose_${cuts[index]}'`);
    gives.forEach((name) => given.add(name));
  });
}

function tensors(stage, name, what) {
  const names = list(entry(stage, name, what), `${what}.${name}`, 1, 100).map((one) => text(one, `${what}.${name}`, 100));
  if (new Set(names).size < names.length) refuse(`is malformed: '${what}.${name}' names a tensor twice`);
  return names;
}

function listed(files, name) {
  if (!staysInside(name)) refuse(`names ${JSON.stringify(String(name).slice(0, 80))}, which is not a path inside the bundle`);
  if (!Object.hasOwn(files, name)) refuse(`names the graph ${name}, which is not among the files with a sha256`);
  return name;
}

/** What only people read. */
function checkNotes({ license, training_data: lines, created, model, versions }) {
  if (license != null) text(license, "license");
  if (lines != null) list(lines, "training_data", 0, 1000).forEach((line) => text(line, "training_data"));
  if (created !== undefined) text(created, "created", 100);
  if (model !== undefined) object(model, "model");
  if (versions !== undefined) object(versions, "versions");
}
