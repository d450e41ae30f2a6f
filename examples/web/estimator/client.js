// The worker's estimator as seen from the page.

const PROFILE = "sspnet-profile";

/** Every call is answered or refused, whatever becomes of the worker. */
export class EstimatorClient {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #progress = () => {};
  #last = 0;
  #started = false;
  #ended = null; // why there is nobody to ask

  constructor() {
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => this.#fail(new Error(event.message || "the estimator's worker could not start"));
  }

  /** Opens the bundle at `url`; measures this browser unless it has been; `progress(size)` is called before each size. */
  async open(url, provider, progress) {
    this.#progress = progress;
    const { description, profile } = await this.#ask({ open: { url, provider, kept: keptProfile() } });
    try {
      localStorage.setItem(PROFILE, JSON.stringify(profile));
    } catch {
      // a browser that keeps nothing measures anew each time
    }
    return description;
  }

  /** The pose in a Blob with a picture, or in an ImageBitmap, which is given away; see worker.js. */
  predict(image, { box = null, targetFps = null, follow = false }) {
    return this.#ask({ predict: { image, box, targetFps, follow } }, image instanceof Blob ? [] : [image]);
  }

  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      this.#last += 1;
      this.#worker.postMessage({ id: this.#last, ...message }, transfer);
      this.#waiting.set(this.#last, { resolve, reject });
    });
  }

  #receive({ id, result, error, progress, holds }) {
    this.#started = true;
    if (holds !== undefined) return this.#watch(holds);
    if (progress !== undefined) return this.#progress(progress);
    const asked = this.#waiting.get(id);
    this.#waiting.delete(id);
    error === undefined ? asked?.resolve(result) : asked?.reject(new Error(error));
  }

  /** A lock that the worker holds is free when there is no worker any more, of which browsers tell nothing else. */
  async #watch(lock) {
    await navigator.locks.request(lock, () => {
      this.#ended = new Error("the estimator's worker has ended: load the page anew");
      this.#refuse(this.#ended);
    });
  }

  /** An error of a worker that runs ends what it was asked; one before it told anything ends the worker. */
  #fail(error) {
    if (!this.#started) this.#ended = error;
    this.#refuse(error);
  }

  #refuse(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function keptProfile() {
  try {
    return JSON.parse(localStorage.getItem(PROFILE));
  } catch {
    return null;
  }
}
