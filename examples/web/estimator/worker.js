// The estimator in a thread of its own: the page stays smooth while the network runs.
//
// in:  {id, open: {url, provider, kept}}          out: {id, result: {description, profile}}, before it {progress: size} several times
//      {id, predict: {bitmap, box, targetFps, follow}}   out: {id, result: a pose}
// A failure: {id, error: one line}.

import { Estimator } from "./estimator.js";
import { BODY_JOINTS } from "./joints.js";
import { boxOfJoints } from "./person_box.js";
import { toPixels } from "./pixels.js";

let estimator;
let followed = null; // the box of the person that the frames before showed

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

async function predict({ bitmap, box, targetFps, follow }) {
  let begin = performance.now();
  const image = await toPixels(bitmap);
  bitmap.close();
  let person = box === null ? null : { box, sure: true };
  if (follow && followed !== null) person = { box: followed, sure: true };
  if (!follow && person === null) {
    person = await estimator.find(image); // a photo can wait: its rate is that of the pose
    begin = performance.now();
  }
  const pose = await estimator.predict(image, { person, targetFps, begin });
  followed = pose.unsure ? null : boxOfJoints(pose.keypoints.slice(0, BODY_JOINTS), estimator.poses);
  return pose;
}
