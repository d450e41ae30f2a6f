// Box ↔ crop geometry. A crop is the square around a box's centre, {x, y, side} in pixels, resampled to size × size.
// An image is {data, width, height} with RGBA bytes, as `getImageData` gives it; (0, 0) is the corner of its first pixel.

/** The square around `box` [x, y, w, h] whose side is `scale` times the box's longer side. */
export function cropAround([x, y, w, h], scale) {
  const side = scale * Math.max(w, h);
  return { x: x + (w - side) / 2, y: y + (h - side) / 2, side };
}

/** All of `image` {width, height}, in the middle of a view of that shape (see `cutOut`). */
export function wholeIn(image, width, height) {
  const side = Math.max(image.width, (image.height * width) / height);
  return { x: (image.width - side) / 2, y: (image.height - (side * height) / width) / 2, side };
}

/** Width and height of a view in about the image's shape, of about side² · ¾ pixels, both multiples of `multiple`. */
export function viewOf(image, side, multiple) {
  const pixels = 0.75 * side * side;
  const scale = Math.sqrt(pixels / (image.width * image.height));
  const most = Math.max(1, Math.floor(pixels / multiple ** 2)); // of an image that is as thin as a line
  return [image.width, image.height].map((extent) => {
    return multiple * Math.min(Math.max(Math.floor((extent * scale) / multiple + 0.5), 1), most);
  });
}

/** The part {left, top, width, height} of an image of that extent that `cutOut` reads of a crop; without extent where it reads nothing. */
export function areaUnder(extent, crop, size) {
  return boundsUnder(extent, crop, crop.side, 2 * shrinkOf(crop, size));
}

/** [u, v] in [0, 1] of the crop → pixels of the image. */
export function toImage(crop, [u, v]) {
  return [u * crop.side + crop.x, v * crop.side + crop.y];
}

/** Pixels of the image → [u, v] in [0, 1] of the crop. */
export function fromImage(crop, [x, y]) {
  return [(x - crop.x) / crop.side, (y - crop.y) / crop.side];
}

/**
 * Resamples `crop` of `image`, all of it or the part that `areaUnder` tells, into `out`, size × size × 3 bytes RGB; what lies outside the image becomes grey `border`. `out` may have
 * another number of rows: a view whose width shows the crop's side, and its height as much as fits.
 */
export function cutOut(image, crop, size, border, out) {
  // Halve by area averages until one bilinear sample sees all of the pixels under it (no aliasing), then interpolate.
  const shrink = shrinkOf(crop, size);
  const down = out.length / 3 / size;
  const placed = { ...crop, x: crop.x - (image.left ?? 0), y: crop.y - (image.top ?? 0) };
  const region = regionUnder(image, placed, (crop.side * down) / size, shrink);
  if (region === null) {
    out.fill(border);
    return;
  }
  let part = region;
  for (let left = shrink; left > 1; left >>= 1) part = halved(part);
  const step = crop.side / size / shrink;
  const columns = taps(size, step, (placed.x - region.left) / shrink, part.width);
  const rows = taps(down, step, (placed.y - region.top) / shrink, part.height);
  interpolate(part, columns, rows, border, out);
}

/** How many pixels of the image become one, along each side, before the crop is interpolated: 1, 2, 4, … */
function shrinkOf(crop, size) {
  return 1 << Math.max(0, Math.floor(Math.log2(Math.max(crop.side / size, 1))));
}

/** What lies in the image of a crop and a margin around it. */
function boundsUnder({ width, height }, crop, cropHeight, margin) {
  const left = Math.max(0, Math.trunc(crop.x) - margin);
  const top = Math.max(0, Math.trunc(crop.y) - margin);
  const right = Math.min(width, Math.trunc(crop.x + crop.side) + margin);
  const bottom = Math.min(height, Math.trunc(crop.y + cropHeight) + margin);
  return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** The part of the image under the crop with a margin for interpolation, its sides multiples of `multiple`; null: none. */
function regionUnder(image, crop, cropHeight, multiple) {
  const bounds = boundsUnder(image, crop, cropHeight, 2 * multiple);
  const { left, top } = bounds;
  const width = Math.floor(bounds.width / multiple) * multiple;
  const height = Math.floor(bounds.height / multiple) * multiple;
  if (width === 0 || height === 0) return null;
  return { data: image.data, stride: 4 * image.width, start: 4 * (top * image.width + left), left, top, width, height };
}

function halved({ data, stride, start, width, height }) {
  const half = { stride: 2 * width, start: 0, width: width >> 1, height: height >> 1 };
  half.data = new Uint8ClampedArray(half.stride * half.height);
  let to = 0;
  for (let y = 0; y < half.height; y++) {
    let from = start + 2 * y * stride;
    for (let x = 0; x < half.width; x++, from += 8, to += 4) {
      const below = from + stride;
      for (let c = 0; c < 3; c++) {
        half.data[to + c] = (data[from + c] + data[from + 4 + c] + data[below + c] + data[below + 4 + c] + 2) >> 2;
      }
    }
  }
  return half;
}

/** For each of `size` samples along one axis: the pixel before it (may lie outside 0 … length − 1) and the share of the next. */
function taps(size, step, first, length) {
  const pixel = new Int32Array(size);
  const share = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const at = Math.min(Math.max(first + (i + 0.5) * step - 0.5, -2), length + 1); // centres of pixels lie at halves
    pixel[i] = Math.floor(at);
    share[i] = at - pixel[i];
  }
  return { pixel, share, length };
}

function interpolate(part, columns, rows, border, out) {
  const { data, stride, start } = part;
  const inside = (index, axis) => index >= 0 && index < axis.length;
  let to = 0;
  for (let i = 0; i < rows.pixel.length; i++) {
    const y = rows.pixel[i];
    const above = inside(y, rows) ? start + y * stride : -1;
    const below = inside(y + 1, rows) ? start + (y + 1) * stride : -1;
    const fy = rows.share[i];
    for (let j = 0; j < columns.pixel.length; j++) {
      const x = columns.pixel[j];
      const left = inside(x, columns) ? 4 * x : -1;
      const right = inside(x + 1, columns) ? 4 * (x + 1) : -1;
      const fx = columns.share[j];
      for (let c = 0; c < 3; c++) {
        const a = above < 0 || left < 0 ? border : data[above + left + c];
        const b = above < 0 || right < 0 ? border : data[above + right + c];
        const d = below < 0 || left < 0 ? border : data[below + left + c];
        const e = below < 0 || right < 0 ? border : data[below + right + c];
        const upper = a + (b - a) * fx;
        out[to++] = upper + (d + (e - d) * fx - upper) * fy + 0.5;
      }
    }
  }
}
