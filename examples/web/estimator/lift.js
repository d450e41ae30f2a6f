// From the network's u, v, z to millimetres: x and y take one scale per person, from the known lengths of the limb bones.

const TYPICAL_EXTENT_MM = 1700; // the longer side of a person's box, where bones cannot tell
const SCALE_RANGE = [0.25, 2.5]; // of the scale that TYPICAL_EXTENT_MM gives

/**
 * Joints [x, y, z] in millimetres from joint 0 (x right, y down, z away from the camera).
 *
 * keypoints: [x, y] in pixels; depth: in [0, 1], z_mm = (z − 0.5)·depthRange (Eq. 10); confidence: in [0, 1];
 * bones: [joint, joint, length in mm]; extent: the longer side of the person's box in pixels.
 */
export function lift(keypoints, depth, confidence, bones, depthRange, extent) {
  const z = depth.map((value) => (value - depth[0]) * depthRange);
  const scale = millimetresPerPixel(keypoints, z, confidence, bones, extent);
  const [rootX, rootY] = keypoints[0];
  return keypoints.map(([x, y], joint) => [(x - rootX) * scale, (y - rootY) * scale, z[joint]]);
}

/** s² = Σ w·l²·max(L² − Δz², 0) / Σ w·l⁴, the least-squares fit of s²l² + Δz² = L² over the bones. */
function millimetresPerPixel(keypoints, z, confidence, bones, extent) {
  const typical = TYPICAL_EXTENT_MM / extent;
  let above = 0;
  let below = 0;
  let weights = 0;
  for (const [a, b, length] of bones) {
    const l2 = (keypoints[a][0] - keypoints[b][0]) ** 2 + (keypoints[a][1] - keypoints[b][1]) ** 2;
    const weight = Math.min(confidence[a], confidence[b]) + 1e-6;
    above += weight * l2 * Math.max(length ** 2 - (z[a] - z[b]) ** 2, 0);
    below += weight * l2 * l2;
    weights += weight;
  }
  if (below < 1e-6 * extent ** 4 * weights) return typical; // all joints of a limb in one place
  return Math.min(Math.max(Math.sqrt(above / below), SCALE_RANGE[0] * typical), SCALE_RANGE[1] * typical);
}
