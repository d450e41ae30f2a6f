// The pose of a frame before, as the network takes it: on the crop of this frame.

import { fromImage } from "./crop.js";

const FURTHEST = 1; // of the crop, from its middle

/**
 * u, v, z, confidence of each joint, as values in a row. Zeros say that nothing is known: of null, of an `unsure` pose, and of a joint
 * far outside the crop, which ran away and would run further from frame to frame.
 */
export function placed(pose, crop, jointCount, depthRange) {
  const values = new Float32Array(4 * jointCount);
  if (pose === null || pose.unsure) return values;
  const lengths = [pose.keypoints, pose.joints3d, pose.confidence].map((part) => part?.length ?? 0);
  if (lengths.some((length) => length !== jointCount)) {
    throw new TypeError(`previous must be a pose of ${jointCount} joints, as this estimator gives them, not of ${Math.min(...lengths)}`);
  }
  pose.keypoints.forEach((keypoint, joint) => {
    const [u, v] = fromImage(crop, keypoint);
    if (Math.max(Math.abs(u - 0.5), Math.abs(v - 0.5)) > FURTHEST) return;
    values.set([u, v, pose.joints3d[joint][2] / depthRange + 0.5, pose.confidence[joint]], 4 * joint);
  });
  if (!values.every(Number.isFinite)) throw new TypeError("previous must be a pose of finite numbers");
  return values;
}
