// The colours that a picture's file has beneath transparent pixels. A canvas, by which pixels are read, makes them black.

/**
 * Pixels of `area` {left, top, width, height} of a picture, with the colours that lie beneath: RGBA bytes, as `data`, which a canvas
 * gave of it. `open`: gives an ImageBitmap of the picture, made with `premultiplyAlpha: "none"`. Where a browser cannot tell, `data`.
 */
export async function withColoursBeneath(data, area, open) {
  if (typeof VideoFrame === "undefined" || isOpaque(data)) return data;
  let bitmap;
  let frame;
  try {
    bitmap = await open();
    frame = new VideoFrame(bitmap, { timestamp: 0 });
    return await colours(frame, area);
  } catch {
    return data;
  } finally {
    frame?.close();
    bitmap?.close();
  }
}

function isOpaque(data) {
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return false;
  return true;
}

async function colours(frame, { left, top, width, height }) {
  if (!["RGBA", "BGRA"].includes(frame.format)) throw new TypeError(`a picture in ${frame.format}`);
  const bytes = new Uint8ClampedArray(4 * width * height);
  await frame.copyTo(bytes, { rect: { x: left, y: top, width, height } });
  if (frame.format === "RGBA") return bytes;
  for (let i = 0; i < bytes.length; i += 4) [bytes[i], bytes[i + 2]] = [bytes[i + 2], bytes[i]];
  return bytes;
}
