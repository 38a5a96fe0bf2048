// `threadlink serve`, the real command, for tests: a folder of this machine as somebody who follows the documents serves it.

import { spawn } from "node:child_process";

/** Serves a folder on a free port: `{ origin, close() }`. `command` is the path of `threadlink`. */
export async function served(command, folder) {
  const child = spawn(command, ["serve", folder, "--port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("close", done));
  let said = "";
  child.stdout.setEncoding("utf8");
  // Its first line is the address.
  const origin = await new Promise((found, failed) => {
    child.stdout.on("data", (text) => {
      said += text;
      const address = /^(http:\/\/\S+)\/\n/.exec(said);
      if (address) found(address[1]);
    });
    child.once("error", failed);
    child.once("close", (code) => failed(new Error(`threadlink serve has ended (${code}): ${said}`)));
  });
  const close = () => {
    child.kill("SIGKILL");
    return ended;
  };
  return { origin, close };
}
