import { createRandom } from '../../src/core/random.ts';
import { Election } from '../../src/election/election.ts';
import type { ElectionPacket } from '../../src/election/messages.ts';
import { Membership } from '../../src/membership/membership.ts';
import type { MembershipChange } from '../../src/membership/host.ts';
import type { MembershipMessage } from '../../src/membership/messages.ts';
import type { NodeFactory, NodeSetup, SimulatedNode } from './node-port.ts';

export const coreNode: NodeFactory = (setup) => new CoreNode(setup);

class CoreNode implements SimulatedNode {
  readonly membership: Membership;
  readonly election: Election;
  readonly #setup: NodeSetup;
  readonly #changes: MembershipChange[] = [];

  constructor(setup: NodeSetup) {
    this.#setup = setup;
    const { runtime, wire, name } = setup;
    const { boot } = runtime;
    const now = runtime.now();
    this.membership = new Membership(
      setup.membership, { name, boot, incarnation: now.wallMs, address: setup.bound, tags: setup.tags }, runtime.random,
      { send: (to, m) => wire.send(m, to), notify: (c) => { setup.tap.membership(c); this.#changes.push(c); } }, now.elapsedUs,
    );
    this.election = new Election(setup.election, { name, boot }, createRandom(runtime.random.u32()),
      { send: (to, p) => wire.send(p, to), notify: (c) => setup.tap.election(c) }, now);
  }

  begin(): void {
    const { runtime, wire, seeds } = this.#setup;
    void wire.open({
      onMessage: (message, from) => {
        if (message.kind === 16) this.election.receive(from, message as ElectionPacket, runtime.now());
        else {
          this.election.advance(runtime.now());
          this.membership.receive(from, message as MembershipMessage, runtime.elapsedUs());
        }
        this.#settle();
      },
      onSendFailure: (to, failure) => {
        this.membership.sendFailed(to, failure, runtime.elapsedUs());
        this.#settle();
      },
    });
    this.membership.join(seeds, runtime.elapsedUs());
    this.#settle();
  }

  stand(name: string, priority: number): void {
    this.election.campaign(name, priority, this.#setup.runtime.now());
    this.#settle();
  }

  resign(name: string, reason: 'released' | 'handover', to: string | null): void {
    this.election.resign(name, reason, to, this.#setup.runtime.now());
    this.#settle();
  }

  settled(name: string): void {
    this.election.settled(name, this.#setup.runtime.now());
    this.#settle();
  }

  isHeld(name: string): boolean {
    return this.election.isHeld(name, this.#setup.runtime.now().leaderUs);
  }

  #wake = (): void => {
    const { runtime } = this.#setup;
    this.election.advance(runtime.now());
    if (this.membership.nextDeadlineUs <= runtime.elapsedUs()) this.membership.advance(runtime.elapsedUs());
    this.#settle();
  };

  #settle(): void {
    const { runtime } = this.#setup;
    while (this.#changes.length > 0) {
      for (const c of this.#changes.splice(0)) {
        const now = runtime.now();
        if (c.type === 'accepted') this.election.participate(now);
        else if (c.type === 'rival') this.election.rivalHeard(now);
        else if (c.type === 'member' || c.type === 'forgotten') this.election.onView({ members: this.membership.members }, now);
      }
    }
    runtime.wakeAt(Math.min(this.membership.nextDeadlineUs, this.election.nextDeadlineUs), this.#wake);
  }
}
