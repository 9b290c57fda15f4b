import { us } from '../../src/core/time.ts';
import { Kind } from '../../src/membership/messages.ts';
import type { Directed } from './directed.ts';
import { Cluster, type Packet, type Process, lan, loopback } from './membership-cluster.ts';

/** No suspicion ends sooner. */
const FLOOR_MS = loopback.pauseToleranceUs / 1_000;

/** Who is there: the rules of `docs/protocol.md` that cost time or packets and not a wrong view, so that no view shows them broken. */
export const MEMBERSHIP_SCHEDULES: readonly Directed[] = [
  {
    id: 'idle-silent',
    says: 'where nothing happens nobody has anything to tell (member.G1)',
    run: () => {
      const cluster = new Cluster();
      cluster.grow(8);
      cluster.record = true;
      cluster.run(10_000);
      const told = cluster.packets.find(({ message }) => message.kind === Kind.gossip || ('updates' in message && message.updates.length > 0));
      return told === undefined ? null : `${told.from} told ${told.to} something, though nothing had happened`;
    },
  },
  {
    id: 'news-at-once',
    says: 'news does not wait for a tick: within round trips most know it (member.G1)',
    run: () => {
      const cluster = new Cluster({ config: { gossipTickUs: us(2_000) } });
      const all = cluster.grow(12);
      cluster.run(30_000);
      for (let i = 1; i <= 5; i += 1) {
        tag(cluster, all[i]!, `${i}`);
        cluster.run(20);
        const knowing = all.filter((process) => tagOf(process, all[i]!) === `${i}`).length;
        if (knowing <= all.length / 2) return `${knowing} of ${all.length} know of ${all[i]!.name}’s tags 20 ms after they changed; a tick is 2 s`;
        cluster.run(30_000);
      }
      return null;
    },
  },
  {
    id: 'news-again',
    says: 'news is told again on ticks: that its first packets are lost costs a few ticks and no sync (member.G1)',
    run: () => {
      const cluster = new Cluster();
      const all = cluster.grow(12);
      const first = all[4]!;
      const isSync = ({ message }: Packet): boolean => message.kind === Kind.syncRequest || message.kind === Kind.syncReply;
      cluster.drop = ({ from }) => from === first.address;
      tag(cluster, first, 'new');
      cluster.run(5);
      cluster.drop = isSync;
      cluster.run((10 * loopback.gossipTickUs) / 1_000);
      const last = all.find((process) => tagOf(process, first) !== 'new');
      return last === undefined ? null : `${last.name} does not know of ${first.name}’s new tags after ten ticks`;
    },
  },
  {
    id: 'news-soon',
    says: 'whom the pushes of the first hearers leave out hears of it a quarter of a tick later, not a whole one (member.G1)',
    run: () => {
      const cluster = new Cluster({ seed: 3, config: lan });
      const all = cluster.grow(64);
      for (let i = 1; i <= 8; i += 1) {
        tag(cluster, all[i]!, `${i}`);
        cluster.run(60);
        const knowing = all.filter((process) => tagOf(process, all[i]!) === `${i}`).length;
        if (knowing < all.length - 1) return `${knowing} of ${all.length} know of ${all[i]!.name}’s tags 60 ms after they changed`;
        cluster.run(10_000);
      }
      return null;
    },
  },
  {
    id: 'news-pace',
    says: 'in no 10 ms does a member push news to more than `fanout` others, however much happens (member.G1)',
    run: () => {
      const cluster = new Cluster({ seed: 2 });
      const all = cluster.grow(24);
      cluster.hostsRefuse = true;
      cluster.record = true;
      tag(cluster, all[1]!, 'one piece');
      cluster.run(1_000);
      for (let i = 0; i < 300; i += 1) {
        tag(cluster, all[i % 3]!, `${i}`);
        if (i === 100) cluster.start('newcomer', [all[0]!.address]);
        if (i === 200) for (const process of all.slice(16)) cluster.kill(process);
        cluster.run(1);
      }
      cluster.run(3_000);
      const fanout = loopback.gossipFanout;
      for (const { name, address } of all) {
        const pushes = cluster.packets.filter((packet) => packet.from === address && isPush(packet));
        const crowd = pushes.findIndex(({ atUs }, i) => i >= fanout && atUs - pushes[i - fanout]!.atUs < us(10));
        if (crowd >= 0) return `${name} pushed news to more than ${fanout} others within 10 ms`;
      }
      return null;
    },
  },
  {
    id: 'death-age',
    says: 'who hears of a death late forgets it with all others, so long after the death (merge.M4)',
    run: () => {
      const cluster = new Cluster({ config: { retentionUs: us(20_000) } });
      const all = cluster.grow(6);
      const [late, dead] = [all[3]!, all[5]!];
      cluster.drop = ({ from, to }) => from === late.address || to === late.address;
      cluster.kill(dead);
      cluster.run(15_000);
      cluster.drop = () => false;
      cluster.run(2_000);
      const guest = cluster.start('guest', [late.address]);
      cluster.run(8_000);
      const holder = [...all.slice(0, 5), guest].find(({ core }) => !core.explain(dead.name, cluster.nowUs)[0]!.includes('is not known here'));
      return holder === undefined ? null : `${holder.name} remembers ${dead.name} 25 s after its death; 20 s were said`;
    },
  },
  {
    id: 'refused-to-one',
    says: 'a host that refuses, so far as one member knows alone, is not believed before a suspicion has run to its floor (member.D5)',
    run: () => {
      const cluster = new Cluster();
      const all = cluster.grow(4);
      const victim = all[3]!;
      cluster.run(4_000);
      cluster.hostsRefuse = true;
      cluster.drop = ({ message }) => message.kind === Kind.pingReq; // no relay adds its word
      const { name, ms } = firstToMiss(cluster, victim, all.slice(0, 3));
      return ms >= FLOOR_MS ? null : `${name} called ${victim.name} failed after ${ms} ms, by refusals to itself alone`;
    },
  },
  {
    id: 'refused-once',
    says: 'a filter that is reloaded, and refuses whoever asks once, ends nobody (member.D5)',
    run: () => {
      for (let seed = 1; seed <= 10; seed += 1) {
        const cluster = new Cluster({ seed });
        const all = cluster.grow(8);
        cluster.run(4_000 + seed * 7);
        cluster.drop = ({ message }) => message.kind === Kind.ack; // so that all ask a second time, from a connected socket
        cluster.refuses = () => true;
        cluster.run(35);
        cluster.refuses = () => false;
        cluster.run(10);
        cluster.drop = () => false;
        cluster.run(1_000);
        const fooled = all.find((observer) => observer.events.some(({ text }) => text.startsWith('failed')));
        if (fooled !== undefined)
          return `${fooled.name}: ${fooled.events.find(({ text }) => text.startsWith('failed'))!.text}, by a filter that refused for 35 ms (seed ${seed})`;
      }
      return null;
    },
  },
  {
    id: 'refused-unmet',
    says: 'a refusal on a path that never carried an ack of that very life is silence (member.D5)',
    run: () => {
      const cluster = new Cluster({ seed: 3 });
      const others = cluster.grow(4);
      const [met] = others as [Process];
      cluster.hostsRefuse = true;
      const young = cluster.start('young', [met.address]);
      cluster.drop = ({ from, to }) => from === young.address && to !== met.address; // the others have its acks through relays only
      cluster.run(4_000);
      if (others.some((observer) => observer.state(young.name) !== 'alive')) return `${young.name} was lost though one member reached it`;
      const { name, ms } = firstToMiss(cluster, young, others);
      return ms >= FLOOR_MS ? null : `${name} called ${young.name} failed after ${ms} ms, though one member alone had met it`;
    },
  },
  {
    id: 'refused-again',
    says: 'who was fooled by refusals about a life once is not fooled again (member.D5)',
    run: () => {
      const cluster = new Cluster();
      const all = cluster.grow(8);
      const victim = all[7]!;
      cluster.run(4_000);
      for (let i = 0; i < 4; i += 1) {
        cluster.refuses = (address) => address === victim.address;
        cluster.through = (message, receiver) => (receiver === victim ? { ...message, seq: 0 } : message); // pings arrive, and no ack matches
        cluster.run(FLOOR_MS - 100);
        cluster.refuses = () => false;
        cluster.through = (message) => message;
        cluster.run(8_000);
      }
      const fooled = all.find(({ core }) => (core.counters['failed.refused'] ?? 0) > 1);
      return fooled === undefined ? null : `${fooled.name} called ${victim.name} failed by refusals ${fooled.core.counters['failed.refused']} times`;
    },
  },
  {
    id: 'ring-turns',
    says: 'everybody is probed once in two periods, by the one before it on the ring (member.D6)',
    run: () => {
      const cluster = new Cluster();
      const all = cluster.grow(16);
      cluster.record = true;
      cluster.run(20_000);
      // Each period is jittered by a tenth.
      const mostUs = 2.2 * loopback.probePeriodUs;
      for (const { name, address } of all) {
        const pings = cluster.packets.filter(({ to, message }) => to === address && message.kind === Kind.ping);
        const gap = pings.findIndex(({ atUs }, i) => i > 0 && atUs - pings[i - 1]!.atUs > mostUs);
        if (pings.length === 0 || gap >= 0) return `nobody probed ${name} for more than ${mostUs / 1_000} ms`;
      }
      return null;
    },
  },
  {
    id: 'path-new',
    says: 'who never measured a path asks the relays as soon as on the others, not when the preset’s bound is over (member.D8)',
    run: () => {
      const cluster = new Cluster({ config: lan });
      const all = cluster.grow(16);
      const dead = all.at(-1)!;
      cluster.kill(dead);
      cluster.record = true;
      cluster.run(5_000);
      for (const { name, address } of all) {
        const sent = cluster.packets.filter(({ from }) => from === address);
        const ping = sent.find(({ to, message }) => to === dead.address && message.kind === Kind.ping);
        const asked = sent.find(({ message }) => message.kind === Kind.pingReq && message.target === dead.name);
        const waitedUs = ping === undefined || asked === undefined ? 0 : asked.atUs - ping.atUs;
        if (waitedUs >= lan.directTimeoutMaxUs) return `${name} waited ${waitedUs / 1_000} ms before it asked the relays, where a round trip is less than one`;
      }
      return null;
    },
  },
  {
    id: 'greeted',
    says: 'a life that ends a second after it began, where its host refuses, is missed within two periods and the round trips: some have met it (member.D7)',
    run: () => {
      for (const seed of [1, 2, 3, 4]) {
        const cluster = new Cluster({ seed });
        const others = cluster.grow(24);
        const young = cluster.start('young', [others[0]!.address]);
        cluster.runUntil(() => others.every((observer) => observer.state(young.name) === 'alive'), 2_000);
        cluster.run(1_000);
        cluster.hostsRefuse = true;
        const ms = deathSeenAfterMs(cluster, young, others);
        const most = 2.2 * (loopback.probePeriodUs / 1_000) + 200;
        if (ms > most) return `the death of a new life was seen after ${ms} ms, more than ${most} (seed ${seed})`;
      }
      return null;
    },
  },
];

/** Kills it, and waits for all of them to call it failed. Milliseconds. */
function deathSeenAfterMs(cluster: Cluster, victim: Process, by: readonly Process[]): number {
  const diedUs = cluster.nowUs;
  cluster.kill(victim);
  cluster.runUntil(() => by.every((observer) => observer.state(victim.name) === 'failed'), 20_000);
  return (cluster.nowUs - diedUs) / 1_000;
}

/** Kills it, and waits for the first of them to call it failed. */
function firstToMiss(cluster: Cluster, victim: Process, by: readonly Process[]): { readonly name: string; readonly ms: number } {
  const diedUs = cluster.nowUs;
  cluster.kill(victim);
  const first = (): Process | undefined => by.find((observer) => observer.state(victim.name) === 'failed');
  cluster.runUntil(() => first() !== undefined, 20_000);
  return { name: first()?.name ?? 'nobody', ms: (cluster.nowUs - diedUs) / 1_000 };
}

const tag = (cluster: Cluster, process: Process, version: string): void => process.core.setTags({ version }, cluster.nowUs);
const tagOf = (observer: Process, of: Process): string | undefined => observer.core.members.get(of.name)?.tags['version'];

/** News on its way to somebody by chance; not what one member must hear of itself: an accusation, or what is held of it. */
const isPush = ({ to, message }: Packet): boolean =>
  message.kind === Kind.gossip && !message.answer && message.updates.length > 0 && !(message.updates.length === 1 && message.updates[0]!.address === to);
