// Where pictures come from: a photo, or the camera.

/** An ImageBitmap of a File, or of the picture at a URL. */
export async function openPhoto(source) {
  const content = source instanceof Blob ? source : await fetched(source);
  try {
    return await createImageBitmap(content);
  } catch {
    throw new Error(`${source.name ?? source} is not a picture that this browser can read`);
  }
}

async function fetched(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} cannot be fetched: HTTP ${answer.status}`);
  return answer.blob();
}

/** The camera's frames, each once. */
export class Camera {
  fps = 0;
  #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  #lastGrab = null;

  get running() {
    return this.#video.srcObject !== null;
  }

  async start() {
    if (navigator.mediaDevices === undefined) {
      throw new Error("browsers give the camera only to https:// and localhost: open the page there");
    }
    try {
      this.#video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, frameRate: { ideal: 60 } } });
    } catch (error) {
      throw new Error(`no camera: ${error.message}`);
    }
    this.#lastGrab = null;
    await this.#video.play();
  }

  stop() {
    for (const track of this.#video.srcObject?.getTracks() ?? []) track.stop();
    this.#video.srcObject = null;
  }

  /** The next frame that the camera gives, as an ImageBitmap. */
  async nextFrame() {
    await new Promise((resolve) => {
      if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
    });
    const now = performance.now();
    if (this.#lastGrab !== null) {
      const fps = 1000 / (now - this.#lastGrab);
      this.fps = this.fps === 0 ? fps : this.fps + 0.1 * (fps - this.fps);
    }
    this.#lastGrab = now;
    return createImageBitmap(this.#video);
  }
}
