// The page: a camera or a photo in; skeleton, 3D view and what it took out.

import { isolate } from "./isolate.js";
import { draggedBox } from "./drawing/drag.js";
import { drawOverlay } from "./drawing/overlay.js";
import { View3d } from "./drawing/view3d.js";
import { EstimatorClient } from "./estimator/client.js";
import { Camera, openPhoto } from "./sources.js";

const RATES = [1, 2, 5, 10, 15, 20, 24, 30, 40, 50, 60, 90, 120]; // frames per second, the slider's steps
const SAMPLES = ["000000234748.jpg", "000000129648.jpg", "000000174375.jpg", "000000000790.jpg"];

const element = (id) => document.getElementById(id);
const client = new EstimatorClient();
const view = new View3d(element("view3d"));
const camera = new Camera();
let photo = null; // {content, shown} of `openPhoto`, while no camera runs
let box = null; // drawn by the user on the photo
let ready = false;
let turn = 0; // of what is shown: an answer for what was shown before is dropped

const targetFps = () => RATES[element("fps").value];

function say(words, error = false) {
  element("message").textContent = words;
  element("message").classList.toggle("error", error);
}

/** Runs something that may fail, and says in one line why it did. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error.message, true);
  }
}

function showPose(pose) {
  view.show(pose.unsure && camera.running ? null : pose, camera.running);
  for (const stage of element("chain").children) {
    stage.classList.toggle("ran", Number(stage.dataset.cut) <= pose.cut);
    stage.classList.toggle("cut", Number(stage.dataset.cut) === pose.cut);
  }
  const rate = camera.running ? ` · ${camera.fps.toFixed(0)} FPS` : "";
  element("numbers").textContent = `cut ${pose.cut} · ${pose.size} px · ${pose.latencyMs.toFixed(0)} ms${rate}`;
  if (pose.outOfReach) say(`${targetFps()} FPS is out of reach in this browser: this is the fastest there is`);
  else if (pose.unsure) say(camera.running ? "Nobody in sight" : "No person for certain; this is the best guess");
  else say("");
  Object.assign(document.body.dataset, { cut: pose.cut, size: pose.size, unsure: pose.unsure });
}

async function estimatePhoto() {
  if (!ready || photo === null) return;
  const mine = ++turn;
  const { content, shown } = photo;
  const pose = await client.predict(content, { box, targetFps: targetFps() });
  if (mine !== turn) return;
  drawOverlay(element("overlay"), shown, shown.width, shown.height, pose);
  showPose(pose);
}

async function showPhoto(source) {
  stopCamera();
  const mine = ++turn;
  const opened = await openPhoto(source);
  if (mine !== turn) return;
  [photo, box] = [opened, null];
  drawOverlay(element("overlay"), opened.shown, opened.shown.width, opened.shown.height, null);
  view.show(null, false);
  await estimatePhoto();
}

async function runCamera() {
  if (!(await camera.start())) return;
  const mine = ++turn;
  [photo, box] = [null, null];
  element("camera").setAttribute("aria-pressed", "true");
  element("picture").classList.add("mirrored");
  element("hint").hidden = true;
  try {
    while (mine === turn && camera.running) await showFrame(await camera.nextFrame(), mine);
  } catch (error) {
    if (mine !== turn) return;
    stopCamera();
    throw error;
  }
}

async function showFrame(frame, mine) {
  const shown = await createImageBitmap(frame);
  try {
    const pose = await client.predict(frame, { targetFps: targetFps(), follow: true });
    if (mine !== turn) return;
    drawOverlay(element("overlay"), shown, shown.width, shown.height, pose.unsure ? null : pose);
    showPose(pose);
  } finally {
    shown.close();
  }
}

function stopCamera() {
  camera.stop();
  element("camera").setAttribute("aria-pressed", "false");
  element("picture").classList.remove("mirrored");
  element("hint").hidden = false;
}

function connectControls() {
  element("camera").onclick = () => attempt(() => (camera.running ? (turn++, stopCamera()) : runCamera()));
  element("file").onchange = ({ target }) => target.files[0] && attempt(() => showPhoto(target.files[0]));
  element("fps").oninput = () => {
    element("target").textContent = `${targetFps()} FPS`;
    if (photo !== null) attempt(estimatePhoto);
  };
  for (const name of SAMPLES) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", title: `Photo ${name}`, onclick: () => attempt(() => showPhoto(`photos/${name}`)) });
    button.style.backgroundImage = `url(photos/${name})`;
    element("samples").append(button);
  }
  const picture = element("picture");
  picture.ondragover = (event) => (event.preventDefault(), picture.classList.add("dropping"));
  picture.ondragleave = () => picture.classList.remove("dropping");
  picture.ondrop = (event) => {
    event.preventDefault();
    picture.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    if (file) attempt(() => showPhoto(file));
  };
  draggedBox(element("overlay"), element("dragged"), (drawn) => {
    if (photo === null) return;
    box = drawn;
    attempt(estimatePhoto);
  });
}

function describe({ bundle, cuts, provider, threads }) {
  const engine = provider === "webgpu" ? "WebGPU" : `WebAssembly, ${threads} thread${threads > 1 ? "s" : ""}`;
  element("engine").textContent = `model ${bundle} · ONNX Runtime Web, ${engine}`;
  element("chain").replaceChildren(
    ...cuts.map((cut) => Object.assign(document.createElement("li"), { textContent: `cut ${cut}` })),
  );
  cuts.forEach((cut, index) => (element("chain").children[index].dataset.cut = cut));
}

async function main() {
  if (await isolate()) return; // the page loads once more
  connectControls();
  element("fps").oninput();
  await showPhoto(`photos/${SAMPLES[0]}`);
  const provider = new URLSearchParams(location.search).get("provider") ?? "auto";
  const measuring = (size) => say(`Measuring this browser at ${size} px, once …`);
  describe(await client.open(new URL("bundle/", location.href).href, provider, measuring));
  ready = true;
  element("camera").disabled = false;
  say("");
  await estimatePhoto();
  document.body.dataset.ready = "true";
}

attempt(main);
