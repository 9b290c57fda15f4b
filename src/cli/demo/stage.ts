import { type Line, lineOf } from '../output.ts';
import type { Actor, Cast } from './cast.ts';
import type { Step, Verb } from './script.ts';

/** Does to the actors what keys and scripts ask for, and says so at the moment it acts. */
export class Stage {
  readonly #cast: Cast;
  readonly #write: (line: Line) => void;
  /** Who led last and who before, dead or alive. */
  #last: Actor | null = null;
  #former: Actor | null = null;

  constructor(cast: Cast, write: (line: Line) => void) {
    this.#cast = cast;
    this.#write = write;
  }

  /** The one that leads by its own lines and can be seen to act. */
  get leader(): Actor | null {
    const leading = this.#cast.actors.filter(({ leads, state }) => leads !== null && state === 'running');
    return leading.sort((a, b) => b.leads!.term - a.leads!.term)[0] ?? null;
  }

  heard(actor: Actor, line: Line): void {
    if (line.event !== 'elected' || actor === this.#last) return;
    this.#former = this.#last;
    this.#last = actor;
  }

  /** Waits a little for the target: scripts meet the time between two leaders, and processes that take longer to start than here. */
  async run(step: Step, patienceMs: number): Promise<string | null> {
    if (step.verb === 'heal') return (this.act('heal', null), null);
    const until = Date.now() + patienceMs;
    let actor = this.find(step.target!);
    while ((actor === null || actor.state === 'starting') && Date.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      actor = this.find(step.target!);
    }
    if (actor === null) return `${step.verb} ${step.target}: there was none`;
    this.act(step.verb, actor);
    const undo = step.verb === 'pause' ? 'resume' : step.verb === 'partition' ? 'heal' : null;
    if (step.forMs !== null && undo !== null) {
      const target = undo === 'resume' ? actor : null;
      setTimeout(() => this.act(undo, target), step.forMs);
    }
    return null;
  }

  /** Lets stopped leaders go on, and waits a little for them to say that they lost. */
  async wakeLeaders(patienceMs: number): Promise<void> {
    const leaders = this.#cast.actors.filter(({ state, leads }) => state === 'paused' && leads !== null);
    for (const actor of leaders) this.act('resume', actor);
    const until = Date.now() + patienceMs;
    while (leaders.some(({ leads }) => leads !== null) && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  find(target: string): Actor | null {
    switch (target) {
      case 'leader':
        return this.leader;
      case 'old-leader':
        return this.leader === this.#last ? this.#former : this.#last;
      case 'follower':
        return this.#cast.running.find((actor) => actor.leads === null) ?? null;
      default:
        return this.#cast.byName(target) ?? null;
    }
  }

  act(verb: Verb, actor: Actor | null): void {
    const pid = actor?.child?.pid ?? null;
    const tell = (): void => this.#write(lineOf('demo', 'action', { action: verb, target: actor?.name ?? null, pid }));
    if (verb === 'heal') {
      tell();
      return this.#heal();
    }
    if (actor === null) return;
    switch (verb) {
      case 'kill':
        if (actor.child === null) return;
        tell();
        return this.#cast.signal(actor, 'SIGKILL');
      case 'pause':
        if (actor.state !== 'running') return;
        tell();
        actor.state = 'paused';
        return this.#cast.signal(actor, 'SIGSTOP');
      case 'resume':
        if (actor.state !== 'paused') return;
        tell();
        actor.state = 'running';
        return this.#cast.signal(actor, 'SIGCONT');
      case 'restart':
        if (actor.child !== null) return;
        tell();
        return this.#cast.start(actor);
      case 'resign':
        tell();
        return this.#cast.order(actor, { do: 'resign' });
      case 'partition':
        tell();
        return this.#cut(actor);
    }
  }

  #cut(cut: Actor): void {
    cut.isCut = true;
    for (const actor of this.#cast.actors) {
      const blocked = this.#cast.actors.filter((other) => other !== actor && other.isCut !== actor.isCut).map(({ address }) => address);
      this.#cast.order(actor, { do: 'block', addresses: blocked });
    }
  }

  #heal(): void {
    for (const actor of this.#cast.actors) {
      actor.isCut = false;
      this.#cast.order(actor, { do: 'block', addresses: [] });
    }
  }
}
