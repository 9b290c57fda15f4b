import type { Election } from '../../src/election/election.ts';
import { NOW_US, NodeImage, type Tape, aged, withoutPeople } from './node-image.ts';
import {
  type Datagram,
  type Input,
  LOCAL_TICK_US,
  type Look,
  type Outcome,
  type StepTaker,
  act,
  begin,
  bootOf,
  lookAt,
  takePart,
  textOf,
} from './step-world.ts';

interface Instance {
  readonly election: Election;
  readonly image: NodeImage;
  readonly sent: Datagram[];
  ended: boolean;
}

/**
 * All that single nodes can do. The core is a function of one node's state and of what happens to it, so
 * each step is taken once, by the shipped code, and then known by numbers: of states, and of datagrams.
 */
export class LocalSteps implements StepTaker {
  readonly looks: Look[] = [];
  readonly datagrams: Datagram[] = [];
  /** Steps that the core itself was asked to take. */
  taken = 0;
  readonly #tapes: Tape[] = [];
  readonly #ids = new Map<string, number>();
  readonly #datagramIds = new Map<string, number>();
  readonly #known = new Map<number, Outcome>();
  readonly #older: number[] = [];
  readonly #fresh = new Map<number, Outcome>();
  /** One living core for each life; any state of that life can be put into it. */
  readonly #instances = new Map<number, Instance>();

  step(id: number, input: Input): Outcome {
    const key = id * 2 ** 24 + input + 8;
    let outcome = this.#known.get(key);
    if (outcome === undefined) this.#known.set(key, (outcome = this.#take(id, input)));
    return outcome;
  }

  fresh(node: number, life: number): Outcome {
    const boot = bootOf(node, life);
    let outcome = this.#fresh.get(boot);
    if (outcome === undefined) {
      const instance = this.#begin(node, life);
      takePart(instance.election, node, life, NOW_US);
      this.#fresh.set(boot, (outcome = this.#outcome(instance, node, life)));
    }
    return outcome;
  }

  older(id: number): number {
    let older = this.#older[id];
    if (older === undefined) {
      const { node, leaseUs, dueUs, ...look } = this.looks[id]!;
      const byUs = LOCAL_TICK_US[node]!;
      older = this.#idOf(aged(this.#tapes[id]!, byUs), { ...look, node, leaseUs: leaseUs - byUs, dueUs: dueUs - byUs });
      this.#older[id] = older;
    }
    return older;
  }

  get states(): number {
    return this.#tapes.length;
  }

  #begin(node: number, life: number): Instance {
    const sent: Datagram[] = [];
    const instance = { sent, ended: false } as { sent: Datagram[]; ended: boolean; election: Election; image: NodeImage };
    instance.election = begin(node, life, NOW_US, {
      send: (to, packet) => void sent.push({ to, from: node, packet }),
      ended: () => void (instance.ended = true),
    });
    withoutPeople(instance.election);
    instance.image = new NodeImage(instance.election);
    this.#instances.set(bootOf(node, life), instance);
    return instance;
  }

  #take(id: number, input: Input): Outcome {
    const { node, life } = this.looks[id]!;
    const instance = this.#instances.get(bootOf(node, life))!;
    instance.image.putBack(this.#tapes[id]!);
    try {
      act(instance.election, input, input >= 0 ? this.datagrams[input]! : null, life, NOW_US, () => instance.ended);
    } catch (error) {
      instance.sent.length = 0;
      return { to: id, sent: [], broke: error instanceof Error ? error.message : String(error) };
    }
    return this.#outcome(instance, node, life);
  }

  #outcome(instance: Instance, node: number, life: number): Outcome {
    this.taken += 1;
    instance.ended = false;
    const sent = [...new Set(instance.sent.splice(0).map((datagram) => this.#datagramId(datagram)))].sort((a, b) => a - b);
    const tape = instance.image.take();
    return { to: this.#idOf(tape, lookAt(instance.election, node, life, NOW_US)), sent, broke: '' };
  }

  #idOf(tape: Tape, look: Look): number {
    const key = `${bootOf(look.node, look.life)} ${tape.join(' ')}`;
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#tapes.push(tape) - 1;
      this.looks.push(look);
      this.#ids.set(key, id);
    }
    return id;
  }

  #datagramId(datagram: Datagram): number {
    const key = textOf(datagram);
    let id = this.#datagramIds.get(key);
    if (id === undefined) {
      id = this.datagrams.push(datagram) - 1;
      this.#datagramIds.set(key, id);
    }
    return id;
  }
}
