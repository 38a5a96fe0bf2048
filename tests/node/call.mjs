// Calls one export of a library with numbers, and prints what it returns, or what went wrong:
// node call.mjs FILE.wasm EXPORT TYPE:NUMBER..
import { load } from "../../hosts/js/src/index.js";

const [file, name, ...args] = process.argv.slice(2);
const number = (text) => (text.startsWith("i64:") ? BigInt(text.slice(4)) : Number(text.slice(4)));
const program = await load(file, { pool: 0 });
try {
  console.log(String(await program.call(name, ...args.map(number))));
} catch ({ kind, code, message }) {
  console.log(kind === "exited" ? `exit ${code}` : message);
}
await program.terminate();
