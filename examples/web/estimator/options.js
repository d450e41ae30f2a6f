// What may be asked of an estimator: each check gives what it was given, or throws a RangeError that says what would be right.

const FURTHEST = 1e7; // pixels from the image's corner

/** A caller's box [x, y, w, h] in pixels. */
export function checkedBox(box) {
  const values = Array.from(box ?? [], (value) => (typeof value === "number" ? value : NaN));
  if (typeof box === "string" || values.length !== 4) throw new RangeError(`a box is four numbers [x, y, w, h] in pixels, not ${box}`);
  if (!values.every((value) => Math.abs(value) <= FURTHEST)) throw new RangeError(`${shown(values)} holds values that are not pixels`);
  if (values[2] < 1 || values[3] < 1) {
    throw new RangeError(`${shown(values)} is empty: width and height (the last two numbers) must be at least 1 pixel`);
  }
  return values;
}

/** That a box, which may reach over the image's border, touches the image. */
export function checkTouches([x, y, w, h], { width, height }) {
  if (x < width && y < height && x + w > 0 && y + h > 0) return;
  throw new RangeError(`${shown([x, y, w, h])} (x, y, w, h) lies outside the image of ${width}x${height} pixels`);
}

/** The frame rate, for which speeds must be `measured`, or the cut and size, that a pose is asked for. */
export function checkPoint({ targetFps = null, cut = null, size = null }, { cuts, sizes }, measured) {
  if (targetFps !== null && !(typeof targetFps === "number" && targetFps > 0 && targetFps < Infinity)) {
    throw new RangeError(`targetFps must be a positive number, or null, not ${targetFps}`);
  }
  for (const [name, value, allowed] of [["cut", cut, cuts], ["size", size, sizes]]) {
    if (value === null || allowed.includes(value)) continue;
    throw new RangeError(`${name} must be one of ${allowed.join(", ")} with this bundle, or null, not ${value}`);
  }
  if (targetFps === null) return;
  if (cut !== null || size !== null) throw new RangeError("targetFps chooses cut and size: give either the rate or these");
  if (!measured) throw new RangeError("targetFps needs to know how fast this browser is: await prepare() first");
}

/** How many people are asked for at most. */
export function checkedPeople(most) {
  if (most === null || most === Infinity) return Infinity;
  if (Number.isInteger(most) && most >= 1) return most;
  throw new RangeError(`maxPeople must be a whole number from 1, or null for everybody, not ${most}`);
}

const shown = (box) => `box (${box.join(", ")})`;
