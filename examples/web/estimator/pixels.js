// What a caller may hand in as an image → {data, width, height, left, top, whole}, RGBA bytes; `left` and `top` say where in the
// image its first pixel lies, `whole` {width, height} the image's extent; all three are absent where the image came as bytes.

import { withColoursBeneath } from "./beneath.js";

const SMALLEST_SIDE = 8;
const AS_STORED = { premultiplyAlpha: "none" };
const READ_OFTEN = { willReadFrequently: true };

let canvas = null;

/**
 * `source`: ImageData, or {data, width, height} with RGBA bytes; an image, video or canvas of the page; an ImageBitmap, a VideoFrame; a
 * Blob or File with an image in it. Alpha is not looked at: colours beneath transparent pixels count, where the source has them.
 * `areaOf`: the extent {width, height} → the {left, top, width, height} that is needed of it; what has no bytes yet is read there
 * alone, since a browser takes longer to read a large frame than to run a small network.
 */
export async function toPixels(source, areaOf = null) {
  if (typeof Blob !== "undefined" && source instanceof Blob) return ofBlob(source, areaOf);
  const [width, height] = sizeOf(source);
  if (!(width > 0 && height > 0)) throw new TypeError("this is no image, or one that has not loaded yet: it has no width and height");
  if (source.data === undefined) {
    checkExtent(width, height);
    const pixels = drawn(source, width, height, areaOf);
    return isImageElement(source) ? beneath(pixels, () => createImageBitmap(source, AS_STORED)) : pixels;
  }
  if (!(ArrayBuffer.isView(source.data) && source.data.BYTES_PER_ELEMENT === 1)) {
    throw new TypeError("the image's data must be bytes from 0 to 255, a Uint8ClampedArray or a Uint8Array");
  }
  if (source.data.length !== 4 * width * height) {
    throw new TypeError(`the image's data has ${source.data.length} bytes, not ${width} × ${height} × 4 (RGBA)`);
  }
  checkExtent(width, height);
  return source;
}

async function ofBlob(blob, areaOf) {
  const bitmap = await createImageBitmap(blob, AS_STORED).catch(() => {
    throw new TypeError(`${blob.name ?? "the Blob"} is not a picture that this browser can read`);
  });
  try {
    checkExtent(bitmap.width, bitmap.height);
    const pixels = drawn(bitmap, bitmap.width, bitmap.height, areaOf);
    return await beneath(pixels, () => createImageBitmap(bitmap, AS_STORED));
  } finally {
    bitmap.close();
  }
}

function checkExtent(width, height) {
  if (Math.min(width, height) >= SMALLEST_SIDE) return;
  throw new TypeError(`the image is ${width}x${height} (width x height): each side must be at least ${SMALLEST_SIDE} pixels`);
}

const isImageElement = (source) => typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement;

async function beneath(pixels, open) {
  return { ...pixels, data: await withColoursBeneath(pixels.data, pixels, open) };
}

function sizeOf(source) {
  const width = source?.naturalWidth ?? source?.videoWidth ?? source?.displayWidth ?? source?.width;
  const height = source?.naturalHeight ?? source?.videoHeight ?? source?.displayHeight ?? source?.height;
  return [width, height];
}

function drawn(source, width, height, areaOf) {
  const area = areaOf === null ? { left: 0, top: 0, width, height } : areaOf({ width, height });
  if (area.width === 0 || area.height === 0) return { ...area, data: new Uint8ClampedArray(), whole: { width, height } };
  const context = contextFor(area);
  context.clearRect(0, 0, area.width, area.height);
  context.drawImage(source, -area.left, -area.top, width, height);
  return { ...area, data: readable(context, area), whole: { width, height } };
}

/** Of the canvas that is kept, which grows where it has to. */
function contextFor({ width, height }) {
  const kept = canvas ?? { width: 0, height: 0 };
  if (kept.width < width || kept.height < height) {
    canvas = canvasOf(Math.max(kept.width, width), Math.max(kept.height, height)) ?? canvasOf(width, height);
  }
  if (canvas === null) throw tooLarge(width, height);
  return canvas.getContext("2d", READ_OFTEN);
}

/** null: larger than this browser has. Such a canvas draws nothing, and says nothing. */
function canvasOf(width, height) {
  try {
    const made = new OffscreenCanvas(width, height);
    const context = made.getContext("2d", READ_OFTEN);
    context.fillRect(width - 1, height - 1, 1, 1);
    return context.getImageData(width - 1, height - 1, 1, 1).data[3] === 255 ? made : null;
  } catch {
    return null;
  }
}

function readable(context, { width, height }) {
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (error) {
    canvas = null; // once it has shown what a page may not read, it is never to be read again
    if (error.name !== "SecurityError") throw tooLarge(width, height);
    throw new TypeError('the image comes from another site, which must allow this page to read it (CORS): load it with crossorigin="anonymous"');
  }
}

const tooLarge = (width, height) => new TypeError(`the image's ${width}x${height} pixels are more than this browser reads: make it smaller`);
