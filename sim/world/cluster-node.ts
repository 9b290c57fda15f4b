import { silentLogger } from '../../src/core/logger.ts';
import { NodeCore } from '../../src/node-core.ts';
import type { NodeFactory } from './node-port.ts';

/** The shipped node, driven by its synchronous side: what is checked is what ships. */
export const clusterNode: NodeFactory = (setup) => {
  const { name, bound, tags, membership, election, wire, runtime, tap } = setup;
  const node = new NodeCore(
    {
      name,
      cluster: election.cluster,
      bind: bound,
      advertise: null,
      tags,
      priority: 0,
      role: 'candidate',
      receiveBufferBytes: null,
      replaceVoterAfterMs: 0,
      membership,
      election,
    },
    wire,
    runtime,
    silentLogger,
    setup.keep,
    tap,
  );
  return {
    begin: () => {
      void wire.open(node.handlers);
      node.begin(bound, setup.seeds);
    },
    catchUp: () => node.enter(() => {}),
    stand: (name, priority, order) => void node.stand(name, priority, order),
    watch: (name) => void node.leader(name),
    standInPart: (name, priority, stableAfterMs) => node.standInPart(name, priority, stableAfterMs),
    resign: (name, reason, to) => node.resign(name, reason, to),
    successor: (name) => node.port.successor(name),
    settled: (name, term) => node.settled(name, term),
    isHeld: (name) => node.isHeld(name),
    setPriority: (name, priority) => node.setPriority(name, priority),
    setTags: (value) => node.setTags(value),
    changeVoters: (change) => void node.changeVoters(change),
    forceVoters: (seats) =>
      void node.voters.force(
        seats.map(({ name }) => name),
        seats.map(({ weight }) => weight),
      ),
    handOn: () => node.handOn(),
    leave: () => {
      for (const name of setup.elections) {
        node.withdraw(name);
        node.resign(name, 'shutdown', null);
      }
      node.leave();
    },
    get membership() {
      return node.membership;
    },
    get partition() {
      return node.partition;
    },
    get election() {
      return node.election;
    },
  };
};
