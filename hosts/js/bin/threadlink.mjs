#!/usr/bin/env node
// `threadlink run` in Node: node threadlink.mjs [OPTIONS] FILE.wasm [ARGS]
//
// Options: --env NAME=VALUE (or NAME), --seed N, --pool N, --reserve BYTES, --trace FILE. The output and exit codes are those of
// `threadlink run`.

import { load } from "../src/index.js";

const BAD_USAGE = 2;
const USAGE = "usage: node threadlink.mjs [--env NAME[=VALUE]] [--seed N] [--pool N] [--reserve BYTES] [--trace FILE] FILE.wasm [ARGS]";

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(BAD_USAGE);
}

function number(name, text) {
  if (!/^[0-9]+$/.test(text ?? "")) fail(`${name} takes a whole number, not ${text}\n${USAGE}`);
  return BigInt(text);
}

function options(words) {
  const found = { env: {}, pool: 0 };
  const take = {
    "--env": (text) => {
      const at = (text ?? "").indexOf("="), name = at < 0 ? text : text.slice(0, at);
      const value = at < 0 ? process.env[name] : text.slice(at + 1);
      if (value === undefined) fail(`there is no environment variable ${JSON.stringify(name ?? "")} here to give to the program: ` +
        "`--env NAME=VALUE` gives it one");
      found.env[name] = value;
    },
    "--seed": (text) => { found.seed = number("--seed", text); },
    "--trace": (text) => { found.trace = text ?? fail(`--trace takes the name of a file\n${USAGE}`); },
    "--pool": (text) => { found.pool = Number(number("--pool", text)); },
    "--reserve": (text) => { found.reserve = Number(number("--reserve", text)); },
  };
  let at = 0;
  for (; words[at]?.startsWith("--"); at++) {
    const [name, ...value] = words[at].split("=");
    if (!take[name]) fail(`there is no option ${name}\n${USAGE}`);
    take[name](value.length > 0 ? value.join("=") : words[++at]);
  }
  const [file, ...rest] = words.slice(at);
  if (file === undefined) fail(USAGE);
  return { file, found, args: rest[0] === "--" ? rest.slice(1) : rest };
}

const { file, found, args } = options(process.argv.slice(2));
try {
  const program = await load(file, { ...found, args: [file, ...args], stdin: "inherit", backtrace: process.env.RUST_BACKTRACE });
  const { code, text } = await program.run();
  if (text) process.stderr.write(text);
  process.exitCode = code;
} catch (error) {
  fail(error.kind ? `${file}: ${error.message}` : error.stack);
}
