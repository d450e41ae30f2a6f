// What a caller may hand in as an image → {data, width, height, left, top, whole}, RGBA bytes; `left` and `top` say where in the
// image its first pixel lies, `whole` {width, height} the image's extent; all three are absent where the image came as bytes.

let canvas = null;

/**
 * `source`: ImageData, or {data, width, height} with RGBA bytes; an image, video or canvas of the page; an ImageBitmap, a VideoFrame; a
 * Blob or File with an image in it. `areaOf`: the extent {width, height} → the {left, top, width, height} that is needed of it; what
 * has no bytes yet is read there alone, since a browser takes longer to read a large frame than to run a small network.
 */
export async function toPixels(source, areaOf = null) {
  if (typeof Blob !== "undefined" && source instanceof Blob) return ofBlob(source, areaOf);
  const [width, height] = sizeOf(source);
  if (!(width > 0 && height > 0)) throw new TypeError("this is no image, or one that has not loaded yet: it has no width and height");
  if (source.data === undefined) return drawn(source, width, height, areaOf);
  if (source.data.length !== 4 * width * height) {
    throw new TypeError(`the image's data has ${source.data.length} bytes, not ${width} × ${height} × 4 (RGBA)`);
  }
  return source;
}

async function ofBlob(blob, areaOf) {
  const bitmap = await createImageBitmap(blob);
  try {
    return drawn(bitmap, bitmap.width, bitmap.height, areaOf);
  } finally {
    bitmap.close();
  }
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
