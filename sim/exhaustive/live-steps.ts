import type { Election } from '../../src/election/election.ts';
import {
  type Datagram,
  type Input,
  LOCAL_TICK_US,
  type Look,
  type Outcome,
  type StepTaker,
  VOTERS,
  act,
  begin,
  lookAt,
  takePart,
  textOf,
} from './step-world.ts';
import { NOW_US } from './node-image.ts';

/**
 * The same steps, taken by three cores that live through them once: whole as they ship, never copied, on clocks
 * that go. What was found among images must come to pass here too, or the images are wrong. Only the last
 * state of each node can be gone on from.
 */
export class LiveSteps implements StepTaker {
  readonly looks: Look[] = [];
  readonly datagrams: Datagram[] = [];
  readonly #ids = new Map<string, number>();
  readonly #nowUs = VOTERS.map(() => NOW_US);
  readonly #elections: Election[] = [];
  #sent: Datagram[] = [];
  #ended = false;

  step(id: number, input: Input): Outcome {
    const { node, life } = this.looks[id]!;
    try {
      act(this.#elections[node]!, input, input >= 0 ? this.datagrams[input]! : null, life, this.#nowUs[node]!, () => this.#ended);
    } catch (error) {
      return { to: id, sent: [], broke: error instanceof Error ? error.message : String(error) };
    }
    return this.#outcome(node, life);
  }

  fresh(node: number, life: number): Outcome {
    const nowUs = this.#nowUs[node]!;
    this.#elections[node] = begin(node, life, nowUs, {
      send: (to, packet) => void this.#sent.push({ to, from: node, packet }),
      ended: () => void (this.#ended = true),
    });
    takePart(this.#elections[node], node, life, nowUs);
    return this.#outcome(node, life);
  }

  older(id: number): number {
    const { node, life } = this.looks[id]!;
    this.#nowUs[node]! += LOCAL_TICK_US[node]!;
    return this.#look(node, life);
  }

  /** The number that a datagram has here; −1: it was never sent. */
  idOf(datagram: Datagram): number {
    return this.#ids.get(textOf(datagram)) ?? -1;
  }

  #outcome(node: number, life: number): Outcome {
    this.#ended = false;
    const sent = this.#sent.map((datagram) => {
      const known = this.idOf(datagram);
      if (known >= 0) return known;
      this.#ids.set(textOf(datagram), this.datagrams.length);
      return this.datagrams.push(datagram) - 1;
    });
    this.#sent = [];
    return { to: this.#look(node, life), sent: [...new Set(sent)].sort((a, b) => a - b), broke: '' };
  }

  #look(node: number, life: number): number {
    return this.looks.push(lookAt(this.#elections[node]!, node, life, this.#nowUs[node]!)) - 1;
  }
}
