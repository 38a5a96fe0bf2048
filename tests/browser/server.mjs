// Serves folders of this machine to a browser: `{ "/js": "hosts/js/src" }`, and an empty page for `/`. With the headers that let
// a page share memory, or without.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".css": "text/css" };
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
// With an icon, for which browsers ask otherwise.
const EMPTY = '<!doctype html><link rel="icon" href="data:,"><title>empty</title>';

async function find(folders, path) {
  for (const [prefix, folder] of Object.entries(folders))
    if (path.startsWith(`${prefix}/`)) return readFile(join(folder, normalize(path.slice(prefix.length))));
  throw new Error("no such folder");
}

/** A server on a free port: `{ origin, close() }`. `headers` are sent with everything; `answers` are functions of a request's body, by their paths. */
export async function serve(folders, { isolated = true, headers: more = {}, answers = {} } = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
    const headers = { ...(isolated && ISOLATED), ...more, "Cache-Control": "no-store" };
    try {
      if (answers[path]) {
        const body = (await request.toArray()).join("");
        const [type, text] = await answers[path](body);
        response.writeHead(200, { ...headers, "Content-Type": type }).end(text);
        return;
      }
      const bytes = path === "/" ? EMPTY : await find(folders, path);
      response.writeHead(200, { ...headers, "Content-Type": path === "/" ? "text/html" : (TYPES[extname(path)] ?? "text/plain") }).end(bytes);
    } catch {
      response.writeHead(404, headers).end();
    }
  });
  await new Promise((ready) => server.listen(0, "localhost", ready));
  const close = () => {
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return { origin: `http://localhost:${server.address().port}`, close };
}
