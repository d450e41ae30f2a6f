// What a caller may hand in as an image → {data, width, height}, RGBA bytes.

let canvas = null;

/**
 * `source`: ImageData, or {data, width, height} with RGBA bytes; an image, video or canvas of the page; an ImageBitmap, a VideoFrame; a
 * Blob or File with an image in it.
 */
export async function toPixels(source) {
  if (typeof Blob !== "undefined" && source instanceof Blob) return ofBlob(source);
  const [width, height] = sizeOf(source);
  if (!(width > 0 && height > 0)) throw new TypeError("this is no image, or one that has not loaded yet: it has no width and height");
  if (source.data === undefined) return drawn(source, width, height);
  if (source.data.length !== 4 * width * height) {
    throw new TypeError(`the image's data has ${source.data.length} bytes, not ${width} × ${height} × 4 (RGBA)`);
  }
  return source;
}

async function ofBlob(blob) {
  const bitmap = await createImageBitmap(blob);
  try {
    return drawn(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

function sizeOf(source) {
  const width = source?.naturalWidth ?? source?.videoWidth ?? source?.displayWidth ?? source?.width;
  const height = source?.naturalHeight ?? source?.videoHeight ?? source?.displayHeight ?? source?.height;
  return [width, height];
}

function drawn(source, width, height) {
  canvas ??= new OffscreenCanvas(width, height);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.clearRect(0, 0, width, height);
  context.drawImage(source, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}
