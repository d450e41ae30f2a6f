// Reads one field of a manifest: its type and its range, or a BundleError in one line that names the field.

export class BundleError extends Error {}

export const refuse = (what) => {
  throw new BundleError(`the bundle's manifest.json ${what}`);
};

const wrong = (what, wanted) => refuse(`is malformed: '${what}' must be ${wanted}`);

/** The field `name` of an object that the manifest calls `of` ("" for itself). */
export function entry(value, name, of = "") {
  if (!Object.hasOwn(object(value, of || "the manifest"), name)) refuse(`lacks '${of ? `${of}.` : ""}${name}'`);
  return value[name];
}

export function object(value, what) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : wrong(what, "an object");
}

export function list(value, what, least, most) {
  const fits = Array.isArray(value) && value.length >= least && value.length <= most;
  return fits ? value : wrong(what, `a list of ${least} to ${most}`);
}

/** One line. */
export function text(value, what, most = 1000) {
  const fits = typeof value === "string" && value.length <= most && ![...value].some((letter) => letter < " ");
  return fits ? value : wrong(what, `a line of at most ${most} letters`);
}

export function number(value, what, least, most) {
  return typeof value === "number" && value >= least && value <= most ? value : wrong(what, `a number from ${least} to ${most}`);
}

export function whole(value, what, least, most) {
  const fits = Number.isInteger(value) && value >= least && value <= most;
  return fits ? value : wrong(what, `a whole number from ${least} to ${most}`);
}

/** A list of distinct whole numbers; one at least. */
export function wholes(value, what, least, most, longest) {
  const numbers = list(value, what, 1, longest).map((one) => whole(one, what, least, most));
  return new Set(numbers).size === numbers.length ? numbers : wrong(what, "a list of distinct numbers");
}
