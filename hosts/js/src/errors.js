// How things fail.

/// An error that says what happened in which thread.
///
/// `kind` is one of: "isolation", "module", "engine", "usage", "host" (nothing has run); "exited", "panicked", "trapped",
/// "runtime", "deadlock", "terminated" (a call did not return, since the program ended).
export class ThreadlinkError extends Error {
  constructor(kind, message, details = {}) {
    super(message, details.cause && { cause: details.cause });
    this.name = "ThreadlinkError";
    this.kind = kind;
    this.code = details.code;
    this.errno = details.errno;
    this.thread = details.thread;
    this.place = details.place;
  }
}

/// The error of a call that did not return, since the program ended like this.
export function endError({ kind, code, thread, message, place, errno }) {
  const said = { exited: `the program ended itself with code ${code}`, terminated: "the program was terminated",
    returned: "the program has ended" }[kind];
  return new ThreadlinkError(kind, said ?? `thread ${thread ?? "of the host"}: ${message}`, { code, thread, place, errno });
}
