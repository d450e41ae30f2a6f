// The pose in 3D: a skeleton that stands on a floor, turned by dragging.

import { COLORS, bonesOf, css, widthOf } from "./skeleton.js";

const RADIUS_MM = 900; // a standing adult; what is wider moves the view back
const TILE_MM = 300;
const TILES = 5;
const BONE_MM = 46;
const JOINT_MM = 74;
const GROUND = [26, 30, 35];

export class View3d {
  #canvas;
  #azimuth = 0.66;
  #elevation = 0.3;
  #pose = null;
  #mirrored = false;

  constructor(canvas) {
    this.#canvas = canvas;
    canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
    canvas.addEventListener("pointermove", (event) => this.#turn(event));
    new ResizeObserver(() => this.#draw()).observe(canvas);
  }

  /** Shows a pose (null: only the floor); `mirrored`: as in a mirror, like the picture beside it. */
  show(pose, mirrored) {
    this.#pose = pose;
    this.#mirrored = mirrored;
    this.#draw();
  }

  #turn(event) {
    if (event.buttons === 0) return;
    this.#azimuth -= 0.01 * event.movementX;
    this.#elevation = Math.min(Math.max(this.#elevation + 0.01 * event.movementY, 0), 1.5);
    this.#draw();
  }

  #draw() {
    const canvas = this.#canvas;
    const density = globalThis.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth * density, canvas.clientHeight * density].map(Math.round);
    if (width === 0 || height === 0) return;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.lineCap = "round";
    context.clearRect(0, 0, width, height);
    const joints = this.#standing();
    const project = this.#camera(joints ?? [[0, -RADIUS_MM, 0]], width, height);
    drawFloor(context, project);
    if (joints === null) return;
    drawShadow(context, project, joints);
    drawPerson(context, project, joints, this.#pose.confidence);
  }

  /** The joints with the lowest one on the floor at y = 0. */
  #standing() {
    if (this.#pose === null) return null;
    const floor = Math.max(...this.#pose.joints3d.map((joint) => joint[1]));
    return this.#pose.joints3d.map(([x, y, z]) => [this.#mirrored ? -x : x, y - floor, z]);
  }

  /** Projects [x, y, z] in mm → [x, y, pixels per mm] for a pinhole camera that looks at the middle of the joints. */
  #camera(joints, width, height) {
    const middle = [0, 1, 2].map((axis) => {
      const values = joints.map((joint) => joint[axis]);
      return (Math.min(...values) + Math.max(...values)) / 2;
    });
    const reach = Math.max(...joints.map((joint) => Math.hypot(...joint.map((value, axis) => value - middle[axis]))));
    const radius = Math.max(RADIUS_MM, reach);
    const distance = 4 * radius;
    const focal = (0.5 * Math.min(width, height) * distance) / (1.12 * radius);
    const [ca, sa, ce, se] = [Math.cos(this.#azimuth), Math.sin(this.#azimuth), Math.cos(this.#elevation), Math.sin(this.#elevation)];
    return (point) => {
      const [x, y, z] = point.map((value, axis) => value - middle[axis]);
      const depth = -sa * x + ca * z;
      const scale = focal / Math.max(se * y + ce * depth + distance, 1);
      return [(ca * x + sa * z) * scale + width / 2, (ce * y - se * depth) * scale + height / 2, scale];
    };
  }
}

function drawFloor(context, project) {
  for (let row = -TILES; row < TILES; row++) {
    for (let column = -TILES; column < TILES; column++) {
      const away = Math.hypot(row + 0.5, column + 0.5) / TILES;
      if (away >= 1) continue;
      context.fillStyle = css([134, 142, 150], (1 - away) * ((row + column) % 2 ? 0.5 : 0.28));
      context.beginPath();
      for (const [r, c] of [[row, column], [row, column + 1], [row + 1, column + 1], [row + 1, column]]) {
        const [x, y] = project([c * TILE_MM, 0, r * TILE_MM]);
        context.lineTo(x, y);
      }
      context.fill();
    }
  }
}

function drawShadow(context, project, joints) {
  const points = joints.map(([x, , z]) => project([x, 0, z]));
  context.save();
  context.filter = "blur(3px)";
  for (const [parent, child] of bonesOf(points.length)) line(context, points[parent], points[child], css([0, 0, 0], 0.35), 70);
  context.restore();
}

/** Bones and joints from the farthest to the nearest, fainter where the network is less sure. */
function drawPerson(context, project, joints, confidence) {
  const points = joints.map(project);
  const strokes = bonesOf(points.length).map(([parent, child]) => {
    const sure = Math.min(confidence[parent], confidence[child]);
    return { from: points[parent], to: points[child], color: COLORS[child], sure, width: BONE_MM * widthOf(child) };
  });
  points.forEach((point, joint) => {
    strokes.push({ from: point, to: point, color: COLORS[joint], sure: confidence[joint], width: JOINT_MM * widthOf(joint) });
  });
  const nearness = ({ from, to }) => from[2] + to[2];
  for (const stroke of strokes.sort((a, b) => nearness(a) - nearness(b))) {
    line(context, stroke.from, stroke.to, css([13, 15, 18]), stroke.width + 16);
    line(context, stroke.from, stroke.to, css(mixed(stroke.color, 0.25 + 0.75 * stroke.sure)), stroke.width);
  }
}

function line(context, [x0, y0, scale0], [x1, y1, scale1], color, millimetres) {
  context.strokeStyle = color;
  context.lineWidth = (millimetres * (scale0 + scale1)) / 2;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1 + 0.01, y1);
  context.stroke();
}

function mixed(color, strength) {
  return color.map((part, index) => Math.round(part * strength + GROUND[index] * (1 - strength)));
}
