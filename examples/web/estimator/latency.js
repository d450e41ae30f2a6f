// How much slower the device is now than when it was measured: a slow mean that jumps when frames agree on a new level.

export function median(values) {
  const ordered = [...values].sort((a, b) => a - b);
  const middle = ordered.length >> 1;
  return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/** `value` follows steps within four frames and ignores single spikes; `mean` adds what spikes cost on average. */
export class LoadEstimate {
  value = 1;
  #recent = [];
  #spread = 0.05;
  #astray = 0;
  #excess = 0;

  get mean() {
    return this.value + this.#excess;
  }

  /** `ratio`: a frame's latency over the measured one of the same operating point. */
  update(ratio) {
    this.#recent = [...this.#recent, ratio].slice(-5);
    const level = median(this.#recent);
    const threshold = Math.max(0.12, 2.5 * this.#spread);
    this.#astray = Math.abs(level / this.value - 1) > threshold ? this.#astray + 1 : 0;
    if (this.#astray >= 2) {
      this.value = level;
      this.#astray = 0;
      return;
    }
    const reach = 1 + 3 * Math.max(this.#spread, 0.03);
    const usual = Math.min(Math.max(ratio, this.value / reach), this.value * reach);
    this.#excess += 0.005 * (Math.max(ratio - usual, 0) - this.#excess);
    this.#spread += 0.05 * (Math.min(Math.abs(ratio / this.value - 1), 3 * this.#spread + 0.02) - this.#spread);
    this.value += 0.08 * (usual - this.value);
  }
}

const LATEST = 200;

/** How far single frames lie from what was expected of them: quantiles of the latest ratios. */
export class RecentSpread {
  #latest = [];

  /** `ratio`: a frame's latency over the one that was expected of it. */
  update(ratio) {
    this.#latest = [...this.#latest, ratio].slice(-LATEST);
  }

  /** The ratio that `percentile` of the latest frames did not exceed, at least 1. */
  tail(percentile) {
    const ordered = [...this.#latest].sort((a, b) => a - b);
    return Math.max(1, ordered[Math.min(Math.trunc((ordered.length * percentile) / 100), ordered.length - 1)]);
  }
}

const ALLOWED = 0.04; // of all frames
const STEP = 0.03; // of the factor's logarithm
const MOST = 1.1;
const SEVERAL = 4; // late ones
const LATEST_LATE = 50; // frames among which they are counted

/**
 * How much dearer than expected frames must be taken for, so that few are late: up with each that is, at once to what the spread asks
 * for when several are, slowly down again.
 */
export class LateFrames {
  #caution = 0;
  #latest = [];

  /** At least 1. */
  get factor() {
    return Math.exp(this.#caution);
  }

  /** `needed`: the factor that the spread of the latest frames asks for. */
  update(late, needed) {
    this.#caution = Math.max(this.#caution + STEP * (Number(late) - ALLOWED), 0);
    this.#latest = [...this.#latest, late].slice(-LATEST_LATE);
    if (this.#latest.filter(Boolean).length >= SEVERAL) this.#caution = Math.max(this.#caution, Math.log(needed));
    this.#caution = Math.min(this.#caution, MOST);
  }
}
