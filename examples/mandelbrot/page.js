// Draws the rows that the program writes, as they come. `?width=W&height=H` says how large the picture is; else it has the pixels
// that there are on the screen.

import { load } from "./pkg/mandelbrot.js";

const [canvas, progress, output, button] = ["canvas", "progress", "output", "button"].map((name) => document.querySelector(name));

/// Takes bytes, in pieces of any length, and hands on records of one length.
function records(length, each) {
  const record = new Uint8Array(length);
  let filled = 0;
  return (bytes) => {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + length - filled);
      record.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < length) continue;
      filled = 0;
      each(record);
    }
  };
}

function size() {
  const asked = new URLSearchParams(location.search), pixels = Math.round(canvas.clientWidth * devicePixelRatio);
  const number = (name, otherwise) => Number(asked.get(name)) || otherwise;
  return [number("width", pixels), number("height", Math.round(pixels / 1.5))];
}

async function draw() {
  button.disabled = true;
  const [width, height] = size(), start = performance.now();
  // A canvas of another size is empty.
  [canvas.width, canvas.height, progress.max, progress.value] = [width, height, height, 0];
  const context = canvas.getContext("2d"), row = context.createImageData(width, 1);
  let done = 0, told = "";
  const show = records(4 + 3 * width, (record) => {
    for (let from = 4, to = 0; to < row.data.length; from += 3, to += 4) {
      row.data.set(record.subarray(from, from + 3), to);
      row.data[to + 3] = 255;
    }
    context.putImageData(row, 0, new DataView(record.buffer).getUint32(0, true));
    progress.value = ++done;
    output.textContent = `${done} of ${height} rows`;
  });
  try {
    const program = await load({
      args: ["mandelbrot", "--rows", String(width), String(height)],
      stdout: (_, bytes) => show(bytes),
      stderr: (text) => { told += text; },
    });
    const { code, text } = await program.run();
    const seconds = ((performance.now() - start) / 1000).toFixed(2);
    output.textContent = code === 0 ? `${told.trim()}, in ${seconds} s` : `${told}${text}`;
  } catch (error) {
    output.textContent = error.message;
  }
  button.disabled = false;
}

button.onclick = draw;
draw();
