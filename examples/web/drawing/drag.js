// A box drawn by dragging over a picture.

const SMALLEST = 12; // pixels of the picture

/**
 * Calls `onBox` with [x, y, w, h] in pixels of the canvas's picture when a box has been drawn, with null after a mere click.
 * canvas: shows the picture by `object-fit: contain`; outline: an element that marks the box while it grows.
 */
export function draggedBox(canvas, outline, onBox) {
  let start = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    start = event;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start !== null) mark(outline, canvas, start, event);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const [x0, y0] = inPicture(canvas, start);
    const [x1, y1] = inPicture(canvas, event);
    start = null;
    outline.hidden = true;
    const [w, h] = [Math.abs(x1 - x0), Math.abs(y1 - y0)];
    onBox(w < SMALLEST || h < SMALLEST ? null : [Math.min(x0, x1), Math.min(y0, y1), w, h]);
  });
  canvas.addEventListener("pointercancel", () => {
    start = null;
    outline.hidden = true;
  });
}

function inPicture(canvas, event) {
  const frame = canvas.getBoundingClientRect();
  const scale = Math.min(frame.width / canvas.width, frame.height / canvas.height);
  const x = (event.clientX - frame.left - (frame.width - scale * canvas.width) / 2) / scale;
  const y = (event.clientY - frame.top - (frame.height - scale * canvas.height) / 2) / scale;
  return [Math.min(Math.max(x, 0), canvas.width), Math.min(Math.max(y, 0), canvas.height)];
}

function mark(outline, canvas, from, to) {
  const frame = canvas.getBoundingClientRect();
  outline.hidden = false;
  Object.assign(outline.style, {
    left: `${Math.min(from.clientX, to.clientX) - frame.left}px`,
    top: `${Math.min(from.clientY, to.clientY) - frame.top}px`,
    width: `${Math.abs(to.clientX - from.clientX)}px`,
    height: `${Math.abs(to.clientY - from.clientY)}px`,
  });
}
