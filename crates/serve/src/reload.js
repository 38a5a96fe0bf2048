// Loads the page again when a file that `threadlink serve` shows has changed.
let seen;
async function look() {
  try {
    const now = await (await fetch("/.threadlink/changes", { cache: "no-store" })).text();
    if (seen !== undefined && now !== seen) {
      location.reload();
      return;
    }
    seen = now;
  } catch {
    // The server is being started again.
  }
  setTimeout(look, 500);
}
look();
