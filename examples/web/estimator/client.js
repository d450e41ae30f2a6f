// The worker's estimator as seen from the page.

const PROFILE = "sspnet-profile";

export class EstimatorClient {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #progress = () => {};
  #last = 0;

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

  /** The pose in an ImageBitmap, which is given away; see worker.js. */
  predict(bitmap, { box = null, targetFps = null, follow = false }) {
    return this.#ask({ predict: { bitmap, box, targetFps, follow } }, [bitmap]);
  }

  #ask(message, transfer = []) {
    return new Promise((resolve, reject) => {
      this.#last += 1;
      this.#waiting.set(this.#last, { resolve, reject });
      this.#worker.postMessage({ id: this.#last, ...message }, transfer);
    });
  }

  #receive({ id, result, error, progress }) {
    if (progress !== undefined) return this.#progress(progress);
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    error === undefined ? resolve(result) : reject(new Error(error));
  }

  #fail(error) {
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
