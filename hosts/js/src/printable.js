// Texts of a program in messages for people: nothing in them steers a terminal, and no line of them looks like one of ours.

// What a line of somebody else's text begins with.
const MARK = "  | ";
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Mn}\p{Me}]|(?! )\p{Zs}/gu;
const SHORT = { "\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

export const printable = (text) =>
  text.replace(HIDDEN, (found) => SHORT[found] ?? `\\u{${found.codePointAt(0).toString(16)}}`);

/// A text of several lines, each with the mark.
export function marked(text) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const shown = lines.map((line, index) => {
    const clean = printable(line.endsWith("\r") && index < lines.length ? line.slice(0, -1) : line);
    return index > 0 && !clean ? MARK.trimEnd() : MARK + clean;
  });
  return shown.join("\n") || MARK;
}
