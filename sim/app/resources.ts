/** One write that reached a resource. */
export interface Write {
  /** Simulated true time, µs. */
  readonly atUs: number;
  readonly node: string;
  readonly term: number;
  readonly value: unknown;
  readonly accepted: boolean;
}

/** Who writes, and when: filled in by the simulator for the job that holds the resource. */
export interface Writer {
  readonly node: string;
  readonly term: number;
  nowUs(): number;
}

/** A double of something that only the leader should write to. */
export interface Resource<Handle> {
  readonly kind: string;
  readonly writes: readonly Write[];
  /** What a job is given. */
  handle(writer: Writer): Handle;
  /** What went wrong with it, in words. */
  problems(): readonly string[];
}

export interface StoreHandle {
  /** @returns Whether the store took it. */
  write(value: unknown): boolean;
}

/** Takes every write, from whomever: a file, a plain table, a message queue. Its problems are writes of a former leader after a newer one's. */
export function plainStore(): Resource<StoreHandle> {
  return store('plain store', () => true);
}

/** Remembers the highest term it has seen and refuses smaller ones (fencing: Kleppmann 2016). */
export function fencedStore(): Resource<StoreHandle> {
  let highest = 0;
  return store('fenced store', (term) => {
    if (term < highest) return false;
    highest = term;
    return true;
  });
}

function store(kind: string, takes: (term: number) => boolean): Resource<StoreHandle> {
  const writes: Write[] = [];
  return {
    kind,
    writes,
    handle: (writer) => ({
      write: (value) => {
        const accepted = takes(writer.term);
        writes.push({ atUs: writer.nowUs(), node: writer.node, term: writer.term, value, accepted });
        return accepted;
      },
    }),
    problems: () => staleWrites(kind, writes),
  };
}

export interface CounterHandle {
  /** @returns The new value. */
  add(by?: number): number;
}

/** A number that everybody may raise; its problems are those of a plain store. */
export function counter(): Resource<CounterHandle> & { readonly value: number } {
  const writes: Write[] = [];
  let value = 0;
  return {
    kind: 'counter',
    writes,
    get value() {
      return value;
    },
    handle: (writer) => ({
      add: (by = 1) => {
        value += by;
        writes.push({ atUs: writer.nowUs(), node: writer.node, term: writer.term, value, accepted: true });
        return value;
      },
    }),
    problems: () => staleWrites('counter', writes),
  };
}

export interface CronHandle {
  /** Runs whatever is due now: calls `run` with the slot's number, unless it already ran it. */
  tick(run: (slot: number) => void): void;
}

/** Slots of equal length, each of which should run once. Its problems are slots that ran twice, and slots that never ran. */
export function cron(everyMs: number): Resource<CronHandle> {
  const writes: Write[] = [];
  const everyUs = everyMs * 1_000;
  const runs = new Map<number, number>();
  return {
    kind: 'cron',
    writes,
    handle: (writer) => {
      let last = -1;
      return {
        tick: (run) => {
          const slot = Math.floor(writer.nowUs() / everyUs);
          if (slot === last) return;
          last = slot;
          runs.set(slot, (runs.get(slot) ?? 0) + 1);
          writes.push({ atUs: writer.nowUs(), node: writer.node, term: writer.term, value: slot, accepted: true });
          run(slot);
        },
      };
    },
    problems: () => {
      const slots = [...runs.keys()];
      const twice = slots.filter((slot) => runs.get(slot)! > 1).map((slot) => `slot ${slot} ran ${runs.get(slot)} times`);
      const [first, last] = [Math.min(...slots), Math.max(...slots)];
      const never: string[] = [];
      for (let slot = first; slot <= last; slot += 1) if (!runs.has(slot)) never.push(`slot ${slot} never ran`);
      return [...twice, ...never];
    },
  };
}

function staleWrites(kind: string, writes: readonly Write[]): string[] {
  let highest: Write | null = null;
  const problems: string[] = [];
  for (const write of writes) {
    if (!write.accepted) continue;
    if (highest !== null && write.term < highest.term) {
      problems.push(
        `the ${kind} took a write of ${write.node} (term ${write.term}) ${((write.atUs - highest.atUs) / 1_000).toFixed(1)} ms after one of ${highest.node} (term ${highest.term})`,
      );
    } else highest = write;
  }
  return problems;
}
