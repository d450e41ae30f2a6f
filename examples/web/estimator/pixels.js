// What a caller may hand in as an image → {data, width, height, left, top, whole}, RGBA bytes; `left` and `top` say where in the
// image its first pixel lies, `whole` {width, height} the image's extent; all three are absent where the image came as bytes.

import { withColoursBeneath } from "./beneath.js";

const AS_STORED = { premultiplyAlpha: "none" };

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
    const pixels = drawn(source, width, height, areaOf);
    return isImageElement(source) ? beneath(pixels, () => createImageBitmap(source, AS_STORED)) : pixels;
  }
  if (source.data.length !== 4 * width * height) {
    throw new TypeError(`the image's data has ${source.data.length} bytes, not ${width} × ${height} × 4 (RGBA)`);
  }
  return source;
}

async function ofBlob(blob, areaOf) {
  const bitmap = await createImageBitmap(blob, AS_STORED);
  try {
    const pixels = drawn(bitmap, bitmap.width, bitmap.height, areaOf);
    return await beneath(pixels, () => createImageBitmap(bitmap, AS_STORED));
  } finally {
    bitmap.close();
  }
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
  canvas ??= new OffscreenCanvas(area.width, area.height);
  if (canvas.width < area.width) canvas.width = area.width;
  if (canvas.height < area.height) canvas.height = area.height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.clearRect(0, 0, area.width, area.height);
  context.drawImage(source, -area.left, -area.top, width, height);
  return { ...area, data: readable(context, area), whole: { width, height } };
}

function readable(context, { width, height }) {
  try {
    return context.getImageData(0, 0, width, height).data;
  } catch (error) {
    canvas = null; // once it has shown what a page may not read, it is never to be read again
    if (error.name !== "SecurityError") throw error;
    throw new TypeError('the image comes from another site, which must allow this page to read it (CORS): load it with crossorigin="anonymous"');
  }
}
