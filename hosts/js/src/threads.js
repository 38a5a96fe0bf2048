// The threads of a program, and the queue of those that no worker has taken yet, in memory that all workers share. A spawn
// needs nobody's event loop as long as a worker is idle: it writes a record, and wakes one.
//
// An idle worker waits at the word TICKETS. A worker that has ended a thread counts as idle *before* whoever joins that
// thread is woken, so that a spawn after a join finds it.

import { ERRNO } from "./abi.js";
import { lock, unlock } from "./lock.js";
import { PATIENCE_WORDS, Patience } from "./patience.js";
import { mayWait, processors } from "./platform.js";
import { uncounted } from "./stillness.js";

// How many threads there can be that were not joined yet: a power of two, so that the ids that share a record stay far apart.
const RECORDS = 1 << 14;
// How many idle workers look for a thread before they sleep, at most.
const MOST_LOOKERS = processors();
// The largest id, as a word with a sign has it.
const LAST_POSSIBLE_ID = 2 ** 31 - 1;

// Words at the beginning.
const LOCK = 0, TICKETS = 1, IDLE = 2, STARTING = 3, QUEUED = 4, HEAD = 5, LAST_ID = 6, ALIVE = 7, LIMIT = 8, OVER = 9, PARKED = 10, LOOKERS = 11, PATIENCE = 12;
const HEADER = PATIENCE + PATIENCE_WORDS;

// Words of a record: its thread's id, 0 if it is free, with its sign changed once somebody joins; then what becomes of it.
const ID = 0, STATE = 1, ROUTINE = 2, KEY = 3, KEY_WORDS = 8, RECORD = 12;
// Whoever joins a thread says that it waits, before it does.
const RUNNING = 0, DONE = 1, DIED = 2, AWAITED = 3;

export class Threads {
  /// What the threads of a new program share: at most `limit` at once, the main thread among them.
  static shared(limit) {
    const buffer = new SharedArrayBuffer(4 * (HEADER + RECORDS * (RECORD + 1)));
    const words = new Int32Array(buffer);
    words[LIMIT] = Math.min(limit, RECORDS);
    words[ALIVE] = 1;
    return buffer;
  }

  constructor(buffer, stillness = uncounted) {
    this.words = new Int32Array(buffer);
    this.stillness = stillness;
    this.patience = new Patience(this.words, PATIENCE);
  }

  #record(index) {
    return HEADER + RECORDS + index * RECORD;
  }

  /// Starts a thread: its id, or an error number with its sign changed. `needsWorker` is called if none is idle.
  create(routine, announce, key, needsWorker) {
    const words = this.words;
    if (Atomics.add(words, ALIVE, 1) >= words[LIMIT]) {
      Atomics.sub(words, ALIVE, 1);
      return -ERRNO.TOO_MANY_THREADS;
    }
    const id = this.#claimId();
    if (id === 0) {
      Atomics.sub(words, ALIVE, 1);
      return -ERRNO.TOO_MANY_THREADS;
    }
    const index = id % RECORDS, record = this.#record(index);
    words[record + ROUTINE] = routine;
    if (key) for (let word = 0; word < KEY_WORDS; word++) words[record + KEY + word] = key[word];
    // Before it runs, as it may say who it is.
    announce(id);
    this.stillness.starts();
    lock(words, LOCK);
    words[HEADER + ((words[HEAD] + words[QUEUED]) % RECORDS)] = index;
    words[QUEUED] += 1;
    const queued = words[QUEUED], grow = queued > words[IDLE] + words[STARTING];
    if (grow) words[STARTING] += 1;
    unlock(words, LOCK);
    // Whoever looks at it finds the lock free.
    const turn = Atomics.add(words, TICKETS, 1);
    // One that looks sees this, even if it is about to sleep. To wake another one for the same thread would take as long as all the
    // rest, and a processor from those two.
    if (Atomics.load(words, LOOKERS) < queued) Atomics.notify(words, TICKETS, 1);
    this.patience.turn(turn);
    if (grow) needsWorker();
    return id;
  }

  // Ids go up by one, but for those whose record still belongs to a thread that nobody has joined.
  #claimId() {
    for (let tries = 0; tries < RECORDS; tries++) {
      const id = Atomics.add(this.words, LAST_ID, 1) + 1;
      if (id <= 0 || id === LAST_POSSIBLE_ID) {
        Atomics.sub(this.words, LAST_ID, 1);
        return 0;
      }
      if (Atomics.compareExchange(this.words, this.#record(id % RECORDS) + ID, 0, id) === 0) return id;
    }
    return 0;
  }

  /// Before workers are created without a spawn: they are expected.
  expect(workers) {
    Atomics.add(this.words, STARTING, workers);
  }

  /// A worker is there, and idle from now on.
  arrive() {
    const words = this.words;
    lock(words, LOCK);
    words[STARTING] -= 1;
    words[IDLE] += 1;
    unlock(words, LOCK);
  }

  /// The next thread for an idle worker, which waits for one.
  next() {
    const words = this.words;
    for (;;) {
      lock(words, LOCK);
      const ticket = words[TICKETS];
      if (words[QUEUED] > 0) {
        const index = words[HEADER + words[HEAD]];
        words[HEAD] = (words[HEAD] + 1) % RECORDS;
        words[QUEUED] -= 1;
        words[IDLE] -= 1;
        unlock(words, LOCK);
        const record = this.#record(index);
        const key = words.slice(record + KEY, record + KEY + KEY_WORDS);
        return { record, id: Math.abs(words[record + ID]), routine: words[record + ROUTINE] >>> 0, key };
      }
      unlock(words, LOCK);
      if (Atomics.add(words, LOOKERS, 1) < MOST_LOOKERS) this.patience.look(words, TICKETS, ticket);
      Atomics.sub(words, LOOKERS, 1);
      Atomics.wait(words, TICKETS, ticket);
    }
  }

  /// The thread has returned; its worker is idle.
  returned({ record }) {
    const words = this.words;
    lock(words, LOCK);
    words[IDLE] += 1;
    unlock(words, LOCK);
    this.#end(record, DONE);
  }

  /// The thread has returned, and its worker takes no other one: a new worker is expected in its place.
  returnedLast({ record }) {
    this.expect(1);
    this.#end(record, DONE);
  }

  /// The thread has died, and its worker with it.
  died({ record }) {
    this.#end(record, DIED);
  }

  #end(record, state) {
    Atomics.sub(this.words, ALIVE, 1);
    if (Atomics.exchange(this.words, record + STATE, state) === AWAITED) {
      this.stillness.woken(1);
      Atomics.notify(this.words, record + STATE);
    }
    this.stillness.ends();
  }

  /// The record of a thread that nobody has joined, for the one who wants to; `undefined` if there is none.
  claim(id) {
    const record = this.#record((id >>> 0) % RECORDS);
    return id > 0 && Atomics.compareExchange(this.words, record + ID, id, -id) === id ? record : undefined;
  }

  /// Waits until the thread of this record has ended: 0, or an error number.
  join(record) {
    const words = this.words;
    // A page's own thread joins what is on its way out, and looks until it is.
    if (!mayWait) while (Atomics.load(words, record + STATE) === RUNNING);
    this.patience.look(words, record + STATE, RUNNING);
    if (Atomics.compareExchange(words, record + STATE, RUNNING, AWAITED) === RUNNING) {
      // Counted in by the thread that ends.
      this.stillness.sleeps(false);
      Atomics.wait(words, record + STATE, AWAITED);
    }
    const died = Atomics.load(words, record + STATE) === DIED;
    Atomics.store(words, record + STATE, RUNNING);
    Atomics.store(words, record + ID, 0);
    return died ? ERRNO.THREAD_FAILED : ERRNO.OK;
  }

  /// The threads that run or are about to, each with its id and the routine that it was started with.
  *running() {
    for (let index = 0; index < RECORDS; index++) {
      const record = this.#record(index), id = Math.abs(Atomics.load(this.words, record + ID));
      if (id !== 0 && [RUNNING, AWAITED].includes(Atomics.load(this.words, record + STATE)))
        yield { id, routine: this.words[record + ROUTINE] >>> 0 };
    }
  }

  /// The program ends: `true` for the first who says so.
  end() {
    return Atomics.compareExchange(this.words, OVER, 0, 1) === 0;
  }

  get isOver() {
    return Atomics.load(this.words, OVER) !== 0;
  }

  /// Waits for good. The program is over for this thread, and code that is thrown out of it would run its cleanups.
  park() {
    for (;;) Atomics.wait(this.words, PARKED, 0);
  }
}
