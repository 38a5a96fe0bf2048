// Runs the program, and shows what it writes. `threadlink build --web --release` makes pkg/.

import { load } from "./pkg/{{name}}.js";

const button = document.querySelector("#run");
const output = document.querySelector("#output");
const show = (text) => output.append(text);

button.onclick = async () => {
  button.disabled = true;
  output.textContent = "";
  try {
    const program = await load({ stdout: show, stderr: show });
    const { code, text } = await program.run();
    show(`${text}exit code ${code}\n`);
  } catch (error) {
    show(error.message);
  }
  button.disabled = false;
};
