// The picture with the skeleton on it.

import { COLORS, bonesOf, css, widthOf } from "./skeleton.js";

/** Draws `picture` (anything a canvas can draw) of width × height, and `pose` onto it if there is one. */
export function drawOverlay(canvas, picture, width, height, pose) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0, width, height);
  if (pose === null) return;
  const thickness = Math.min(Math.max(0.014 * Math.max(pose.box[2], pose.box[3]), 1.5), 14);
  drawBox(context, pose.box, thickness);
  context.lineCap = "round";
  for (const [color, grow] of [["shadow", 1.6], ["own", 1]]) {
    for (const [parent, child] of bonesOf(pose.keypoints.length)) {
      const sure = opacity(Math.min(pose.confidence[parent], pose.confidence[child]));
      context.strokeStyle = color === "own" ? css(COLORS[child], sure) : css([15, 17, 20], 0.55 * sure);
      context.lineWidth = thickness * grow * widthOf(child);
      context.beginPath();
      context.moveTo(...pose.keypoints[parent]);
      context.lineTo(...pose.keypoints[child]);
      context.stroke();
    }
  }
  pose.keypoints.forEach((point, joint) => {
    drawJoint(context, point, thickness * widthOf(joint), COLORS[joint], opacity(pose.confidence[joint]));
  });
}

function drawJoint(context, [x, y], thickness, color, alpha) {
  context.beginPath();
  context.arc(x, y, 0.95 * thickness, 0, 2 * Math.PI);
  context.fillStyle = css([20, 23, 27], alpha);
  context.fill();
  context.beginPath();
  context.arc(x, y, 0.62 * thickness, 0, 2 * Math.PI);
  context.fillStyle = css(color, alpha);
  context.fill();
}

function drawBox(context, [x, y, w, h], thickness) {
  context.strokeStyle = "rgb(255 255 255 / 0.35)";
  context.lineWidth = Math.max(0.25 * thickness, 1);
  context.strokeRect(x, y, w, h);
}

/** The less sure the network is of a joint, the fainter it is. */
function opacity(confidence) {
  return 0.25 + 0.75 * Math.min(Math.max(confidence, 0), 1);
}
