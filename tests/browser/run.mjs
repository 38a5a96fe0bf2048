// What runs in a page whose text tests hand to a browser: it must not use anything from outside of itself.

/** Runs a module that is served as /modules/NAME.wasm, and tells how it ended and what it wrote. The page computes at first, for
 * so many milliseconds in which its event loop does not turn. */
export const runInPage = async (name, options = {}, busyFor = 0) => {
  const { load } = await import("/js/index.js");
  const written = { 1: [], 2: [] };
  const into = (stream) => (_, bytes) => written[stream].push(...bytes);
  const program = await load(`/modules/${name}.wasm`, { stdout: into(1), stderr: into(2), ...options });
  const running = program.run();
  for (const until = performance.now() + busyFor; performance.now() < until; );
  const { kind, code, text, place, backtrace } = await running;
  return { kind, code, text, place, backtrace, stdout: written[1], stderr: written[2], workers: program.workers };
};
