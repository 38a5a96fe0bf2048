// The workers of a program, on the page's side: created when a spawn finds none idle, and gone with the program.

import { createWorker, keepAlive } from "./workers.js";

// How many may start at once. Each loads its scripts, and browsers refuse what is too much at a time.
const STARTING = 16;

export class Pool {
  /// `begin` is what each worker is sent first; `heard` and `failed` get what comes from them.
  constructor(begin, { heard, failed }) {
    this.begin = begin;
    this.heard = heard;
    this.failed = failed;
    this.workers = new Set();
    this.starting = 0;
    this.waiting = [];
    this.closed = false;
  }

  /// Creates a worker, in its turn: ready when the promise is.
  async add(more = {}) {
    if (this.starting >= STARTING) await new Promise((turn) => this.waiting.push(turn));
    else this.starting += 1;
    try {
      return await this.#create(more);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.starting -= 1;
    }
  }

  #create(more) {
    // Not for a program that has ended meanwhile.
    if (this.closed) return undefined;
    return new Promise((ready, failed) => {
      const worker = createWorker(
        (message) => {
          if (message.ready) {
            // It waits for what others want, and is no reason to stay for; but while the program ends, until it is gone.
            if (!this.closed) keepAlive(worker, false);
            ready({ worker, told: message.ready });
          } else if (message.retired) this.#remove(worker);
          else {
            if (message.failed) failed(message.failed);
            this.heard(message);
          }
        },
        (error) => {
          failed(error);
          this.failed(error);
        },
      );
      this.workers.add(worker);
      worker.postMessage({ begin: { ...this.begin, ...more } });
    });
  }

  #remove(worker) {
    this.workers.delete(worker);
    // Until it is gone.
    keepAlive(worker, true);
    return worker.terminate();
  }

  /// Ends all workers, whatever they do.
  async close() {
    this.closed = true;
    await Promise.all([...this.workers].map((worker) => this.#remove(worker)));
  }
}
