// The estimator in a thread of its own: the page stays smooth while the network runs.
//
// in:  {id, open: {url, provider, kept}}          out: {id, result: {description, profile}}, before it {progress: size} several times
//      {id, predict: {image, box, targetFps, follow}}    out: {id, result: a pose}
// A failure: {id, error: one line}. At the beginning, out: {holds: the name of a lock that is this worker's until its end}

import { Estimator } from "./estimator.js";
import { BODY_JOINTS } from "./joints.js";
import { boxOfJoints } from "./person_box.js";
import { toPixels } from "./pixels.js";

const FRESH_MS = 200; // an older pose tells nothing of this frame's

let estimator;
let followed = null; // {box, pose, at, extent} of the person that the frames before showed

const lock = `sspnet-estimator-${Math.random()}`;
const held = navigator.locks?.request(lock, () => {
  self.postMessage({ holds: lock });
  return new Promise(() => {});
});
held?.catch(() => {}); // in a frame that may hold none, nobody watches

self.onmessage = async ({ data }) => {
  try {
    const result = data.open ? await open(data.open) : await predict(data.predict);
    self.postMessage({ id: data.id, result });
  } catch (error) {
    self.postMessage({ id: data.id, error: error.message ?? String(error) });
  }
};

async function open({ url, provider, kept }) {
  estimator = await Estimator.open(url, provider);
  const profile = await estimator.prepare(kept, (size) => self.postMessage({ progress: size }));
  return { description: estimator.description, profile };
}

async function predict({ image: given, box, targetFps, follow }) {
  const arrived = performance.now();
  try {
    if (estimator === undefined) throw new Error("no bundle is open: wait for open() first");
    const image = given instanceof Blob ? await toPixels(given) : given; // a file is decoded once, and in nobody's frame time
    const extent = `${image.width}x${image.height}`;
    const before = follow && followed?.extent === extent ? followed : null; // a phone that is turned shows other places
    const known = before?.box ?? box;
    // A photo can wait: its rate is that of the pose.
    const person = known !== null ? { box: known, sure: true } : follow ? null : await estimator.find(image);
    const previous = before !== null && arrived - before.at <= FRESH_MS ? before.pose : null;
    const pose = await estimator.predict(image, { person, previous, targetFps, begin: follow ? arrived : performance.now() });
    followed = null;
    if (follow && !pose.unsure) {
      followed = { box: boxOfJoints(pose.keypoints.slice(0, BODY_JOINTS), estimator.poses), pose, at: arrived, extent };
    }
    return pose;
  } finally {
    given.close?.();
  }
}
