// The election scenarios (README.md, "M2"): each brings the system up if it is
// not up, does its repetitions and returns what it measured.
import { now, sleep, stats } from './util.mjs';

/** Packets in flight when a leader is killed have long arrived; no promise has run out. */
const GRANTS_AFTER_MS = 40;
/** Beyond what is left of the longest promise: an election's work, and its packets'. */
const SLACK_MS = 50;
const inWords = (ms) => (ms === null ? 'never' : Math.round(ms));

/**
 * @param create Makes the system, not yet started.
 * @param deadline Milliseconds to wait for a new leader.
 * @param stale Milliseconds to wait for a deposed leader to notice; default: twice the lease, 10 to 40 s.
 */
export function electionScenarios({ create, deadline, stale, log }) {
  let sys;
  let quiet = false;
  const infos = {}; // what candidates said besides leader and follower
  let doubleLeaders = 0; // other than by our pauses and partitions

  function watch() {
    sys.onEvent((e) => {
      if (e.ev === 'info') infos[e.what] = (infos[e.what] ?? 0) + 1;
      if (!quiet && e.ev === 'leader' && sys.leaders().length > 1) doubleLeaders++;
    });
  }
  async function running() {
    if (sys !== undefined) return;
    sys = create();
    watch();
    await sys.start();
    await stable();
    log('up');
  }
  async function stop() {
    await sys?.stop();
    sys = undefined;
  }
  const staleLimit = () => stale ?? Math.min(40_000, Math.max(10_000, 2 * sys.leaseMs));
  const settle = () => sleep(Math.min(3000, 500 + sys.leaseMs));

  /** Resolves to the first event satisfying `match` (or null at the limit). */
  function event(match, limit = deadline) {
    return new Promise((resolve) => {
      const finish = (e) => {
        clearTimeout(t);
        off();
        resolve(e);
      };
      const off = sys.onEvent((e) => match(e) && finish(e));
      const t = setTimeout(finish, limit, null);
    });
  }

  /** Waits until exactly one candidate has believed it leads for `hold` ms; returns it. */
  async function stable(hold = 1500, limit = deadline + 30_000) {
    let who = -1;
    let since = 0;
    for (const t0 = now(); now() - t0 < limit; await sleep(20)) {
      const l = sys.leaders();
      if (l.length !== 1 || l[0] !== who) {
        who = l.length === 1 ? l[0] : -1;
        since = now();
      }
      if (who >= 0 && now() - since >= hold) return who;
    }
    throw new Error(`no single leader: ${JSON.stringify(sys.leaders())} ${JSON.stringify(sys.log.slice(-12))}`);
  }
  /** The leader of a system that is up and quiet. */
  async function leader() {
    await running();
    const l = await stable();
    await settle();
    return l;
  }
  const nextAfter = (l) => event((e) => e.ev === 'leader' && e.i !== l);

  /** Ends the leader by `act`, waits for the next, and brings the ended one back. @returns ms, or null. */
  async function succession(act) {
    const l = await leader();
    quiet = true;
    const next = nextAfter(l);
    const t0 = act(l);
    const e = await next;
    quiet = false;
    return { l, e, t0, ms: e ? e.t - t0 : null };
  }
  async function again(l) {
    await sys.restart(l);
    await sleep(1500);
  }

  /** Several of one kind. */
  async function ends(times, what, act) {
    await running();
    const raw = [];
    if (typeof sys[act] !== 'function') return { raw, ms: stats(raw) };
    for (let k = 0; k < times; k++) {
      const { l, ms } = await succession((i) => sys[act](i));
      raw.push(ms);
      log(what, k, inWords(ms));
      await again(l);
    }
    return { raw, ms: stats(raw, 1), crashDrainMs: sys.crashDrainMs };
  }

  /**
   * kill -9. Where voters can be asked what they promised, the time is also held against it: `over` is
   * how long after the longest promise at the electing majority had run out, by the voters' own records.
   * It may be `slackMs`, and R more only where the winner's takeover record says that bids had to be sent again.
   */
  async function kill(times) {
    const r = { raw: [], over: [], recorded: [], resent: [], slackMs: SLACK_MS, broken: 0 };
    for (let k = 0; k < times; k++) {
      /** @type {{ grants: Promise<Map<string, any>> | null, takeover: any }} */
      const records = { grants: null, takeover: null };
      const { l, e, ms } = await succession((i) => {
        const t0 = sys.kill(i);
        if (sys.grants) records.grants = sleep(GRANTS_AFTER_MS).then(() => sys.grants());
        const off = sys.onEvent((x) => {
          if (x.what !== 'elected') return;
          records.takeover = x.takeover;
          off();
        });
        return t0;
      });
      r.raw.push(ms);
      if (e?.support && records.grants !== null) {
        const grants = await records.grants;
        const ends = e.support.map((voter) => grants.get(voter)).filter((g) => g?.holder === `c${l}`);
        const over = ends.length === 0 ? null : e.t - Math.max(...ends.map(({ until }) => until));
        const resent = records.takeover?.resent ?? 0; // bids said again to the electing voters: a packet was lost
        r.over.push(over);
        r.recorded.push(records.takeover?.overMs ?? null);
        r.resent.push(resent);
        if (over !== null && over > SLACK_MS + (resent > 0 ? sys.renewMs : 0)) r.broken++;
      }
      log('kill', k, inWords(ms), r.over.length > 0 ? `${inWords(r.over.at(-1))} after the last promise (its record: ${inWords(r.recorded.at(-1))})` : '');
      await again(l);
    }
    return { ...r, ms: stats(r.raw), overMs: stats(r.over, 1), recordedMs: stats(r.recorded, 1) };
  }

  async function killWithStoreLeader(times) {
    await running();
    const raw = [];
    for (let k = 0; k < times; k++) {
      await leader();
      const killStore = await sys.killStoreLeader();
      if (!killStore) break;
      const { l, ms } = await succession((i) => {
        const t0 = sys.kill(i);
        killStore();
        return t0;
      });
      raw.push(ms);
      log('kill with store leader', k, inWords(ms));
      await sys.restoreStore();
      await again(l);
    }
    return { raw, ms: stats(raw) };
  }

  /** Everything started at once, the store too: a leader after the last candidate's process ran, had its socket open and was ready (where it says so), was started. */
  async function together(times) {
    const r = { fromUp: [], fromOpen: [], fromReady: [], fromStart: [] };
    for (let k = 0; k < times; k++) {
      await stop();
      sys = create();
      watch();
      const said = { started: [], open: [], ready: [] };
      sys.onEvent((e) => said[e.what]?.push(e.t));
      const first = event((e) => e.ev === 'leader');
      const t0 = await sys.startTogether();
      const e = await first;
      // A command that says nothing when it starts (etcdctl) is up when it was started.
      const tUp = Math.max(t0, ...said.started);
      r.fromUp.push(e ? e.t - tUp : null);
      r.fromStart.push(e ? e.t - t0 : null);
      for (const [times, at] of [
        [r.fromOpen, said.open],
        [r.fromReady, said.ready],
      ])
        times.push(e && at.length > 0 ? e.t - Math.max(...at) : null);
      log(
        'together',
        k,
        inWords(r.fromUp.at(-1)),
        'after the last process ran,',
        inWords(r.fromOpen.at(-1)),
        'after its socket was open,',
        inWords(r.fromReady.at(-1)),
        'after it was ready,',
        inWords(r.fromStart.at(-1)),
        'after it was started',
      );
      if (e) await stable();
    }
    await stop();
    for (const point of ['fromOpen', 'fromReady']) if (r[point].every((x) => x === null)) r[point] = []; // these say nothing of it
    return { ...r, fromUpMs: stats(r.fromUp), fromOpenMs: stats(r.fromOpen), fromReadyMs: stats(r.fromReady), fromStartMs: stats(r.fromStart) };
  }

  /** SIGSTOP past the lease, SIGCONT once another leads. */
  async function pause(times) {
    await running();
    const r = { newLeader: [], stale: [], acts: [], gated: [], staleLimitMs: staleLimit() };
    for (let k = 0; k < times; k++) {
      const l = await leader();
      quiet = true;
      const next = nextAfter(l);
      const t0 = sys.pause(l);
      const e = await next;
      await sleep(1000);
      const down = event((x) => x.i === l && x.ev === 'follower', staleLimit());
      const t1 = sys.resume(l);
      const d = await down;
      r.newLeader.push(e ? e.t - t0 : null);
      r.stale.push(d ? d.t - t1 : null);
      r.acts.push(d?.acts ?? null);
      r.gated.push(d?.gated ?? null);
      log(
        'pause',
        k,
        'new leader',
        inWords(r.newLeader.at(-1)),
        'old knew after',
        inWords(r.stale.at(-1)),
        'acts',
        r.acts.at(-1),
        'through the gate',
        r.gated.at(-1),
      );
      if (!d) await sys.restart(l);
      quiet = false;
      await sleep(1500);
    }
    return { ...r, newLeaderMs: stats(r.newLeader), staleMs: stats(r.stale, 1) };
  }

  /** The leader's host is cut off. `gap`: from when the old one stopped to when the next began; less than 0 is both at once. */
  async function partition(times) {
    await running();
    const r = { newLeader: [], oldKnows: [], gap: [], twoLeaders: [], heal: [], staleLimitMs: staleLimit() };
    for (let k = 0; k < times; k++) {
      const l = await leader();
      quiet = true;
      let down = null;
      let up = null;
      const off = sys.onEvent((x) => {
        if (x.i === l && x.ev === 'follower') down ??= x;
        if (x.i !== l && x.ev === 'leader') up ??= x;
      });
      const t0 = sys.isolate(l);
      while (!(up && down)) {
        if (!up && now() - t0 > deadline) break;
        if (up && now() - up.t > staleLimit()) break;
        await sleep(20);
      }
      off();
      r.newLeader.push(up ? up.t - t0 : null);
      r.oldKnows.push(down ? down.t - t0 : null);
      r.gap.push(up && down ? up.t - down.t : null);
      r.twoLeaders.push(up && down ? Math.max(0, down.t - up.t) : null);
      const t1 = sys.rejoin(l);
      log('partition', k, 'new leader', inWords(r.newLeader.at(-1)), 'old knew', inWords(r.oldKnows.at(-1)), 'gap', inWords(r.gap.at(-1)));
      const who = await stable(1000, staleLimit()).catch(() => -1); // healed: one leader for 1 s
      r.heal.push(who >= 0 ? now() - 1000 - t1 : null);
      if (who < 0) {
        log('no single leader after healing');
        await stop(); // the next begins with new ones
        await running();
      }
      quiet = false;
      await sleep(1500);
    }
    for (const key of ['newLeader', 'oldKnows', 'gap', 'twoLeaders', 'heal']) r[`${key}Ms`] = stats(r[key], 1);
    return r;
  }

  return {
    kill,
    killWithStoreLeader,
    together,
    pause,
    partition,
    resign: (times) => ends(times, 'resign', 'resign'),
    term: (times) => ends(times, 'SIGTERM', 'term'),
    crash: (times) => ends(times, 'exception', 'crash'),
    stop,
    // for scenarios of one system only
    running: async () => {
      await running();
      return sys;
    },
    leader,
    event,
    nextAfter,
    again,
    aside: async (use) => {
      quiet = true;
      await use();
      quiet = false;
    },
    seen: () => ({ infos, doubleLeaders }),
  };
}
