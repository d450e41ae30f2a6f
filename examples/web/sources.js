// Where pictures come from: a photo, or the camera.

/** {content, shown}: the Blob, and an ImageBitmap, of a File or of the picture at a URL. A bitmap has lost what lies beneath alpha. */
export async function openPhoto(source) {
  const content = source instanceof Blob ? source : await fetched(source);
  try {
    return { content, shown: await createImageBitmap(content) };
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
  #asked = 0; // how often the camera was to start or to stop
  #lost; // rejects where it gives no more pictures

  get running() {
    return this.#video.srcObject !== null;
  }

  /** Starts it. Gives false where meanwhile it was asked for once more, or was to stop: the browser may ask somebody first. */
  async start() {
    if (navigator.mediaDevices === undefined) {
      throw new Error("browsers give the camera only to https:// and localhost: open the page there");
    }
    const mine = ++this.#asked;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, frameRate: { ideal: 60 } } });
    } catch (error) {
      if (mine !== this.#asked) return false;
      throw new Error(`no camera: ${error.message}`);
    }
    if (mine !== this.#asked) {
      release(stream);
      return false;
    }
    release(this.#video.srcObject);
    this.#video.srcObject = stream;
    this.#lost = whenLost(stream);
    this.#lastGrab = null;
    await this.#video.play();
    return mine === this.#asked;
  }

  stop() {
    this.#asked += 1;
    release(this.#video.srcObject);
    this.#video.srcObject = null;
  }

  /** The next frame that the camera gives, as an ImageBitmap. */
  async nextFrame() {
    const next = new Promise((resolve) => {
      if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(resolve);
      else requestAnimationFrame(resolve);
    });
    await Promise.race([next, this.#lost]);
    const now = performance.now();
    if (this.#lastGrab !== null) {
      const fps = 1000 / (now - this.#lastGrab);
      this.fps = this.fps === 0 ? fps : this.fps + 0.1 * (fps - this.fps);
    }
    this.#lastGrab = now;
    return createImageBitmap(this.#video);
  }
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** A promise that rejects when the stream ends without having been stopped here. */
function whenLost(stream) {
  const lost = new Promise((_, reject) => {
    const words = "the camera gives no more pictures: it was unplugged, or taken away from this page";
    for (const track of stream.getTracks()) track.onended = () => reject(new Error(words));
  });
  lost.catch(() => {}); // nobody may be waiting for a frame just then
  return lost;
}
