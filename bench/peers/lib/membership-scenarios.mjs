// The membership scenarios (README.md, "M1"): each brings the cluster up if it is
// not up and whole, does its repetitions and returns what it measured.
import { profileOf } from './profile.mjs';
import { cpuSeconds, machineLoad, memory, now, readCounters, setLoss, sleep, starve as starveProcessors, stats, udpErrors } from './util.mjs';
import { failed, watcher } from './watching.mjs';

const inWords = (ms) => (ms === null ? 'never' : Math.round(ms));

/**
 * @param create Makes the system, not yet started.
 * @param n Nodes.
 * @param deadline Milliseconds to wait for any one thing.
 */
export function membershipScenarios({ create, n, deadline, log }) {
  let sys;
  const name = (i) => sys.name(i);
  const { nodes, stateOf, until, allAlive, watchFailures } = watcher(() => sys, n, deadline);
  const pick = () => 1 + Math.floor(Math.random() * (n - 1)); // never the seed: others rejoin through it

  async function startAnew() {
    await sys?.stop();
    sys = create();
    return sys.start(n);
  }
  /** A cluster that is up and whole; one that does not heal is started anew, and its repetition has said so. */
  async function whole() {
    if (sys !== undefined && (allAlive() || (await until(() => allAlive())) !== null)) return;
    const isFirst = sys === undefined;
    for (let tries = 0; tries < 5; tries++) {
      await startAnew();
      if ((await until(() => allAlive())) !== null) {
        if (isFirst) await sleep(3000); // the rumours of the start die down
        return;
      }
    }
    throw new Error('the cluster did not form in 5 starts');
  }

  /** Compares the views built from events with what the library itself answers, where it can be asked. */
  async function audit() {
    const result = { asked: 0, differ: 0 };
    if (sys === undefined) return result;
    for (const i of nodes) {
      const real = await sys.audit?.(i);
      if (!real) continue;
      result.asked++;
      const ours = new Set(nodes.filter((b) => b !== i && !failed(stateOf(i, b)) && stateOf(i, b)).map(name));
      real.delete(name(i));
      if (real.size !== ours.size || [...real].some((other) => !ours.has(other))) {
        result.differ++;
        log('audit: node', i, 'says', real.size, 'others, its events say', ours.size);
      }
    }
    return result;
  }

  async function converge(starts) {
    const raw = [];
    const fromUp = [];
    const processMs = [];
    for (let k = 0; k < starts; k++) {
      const { tLast, tUp } = await startAnew();
      const t = await until(() => allAlive());
      raw.push(t === null ? null : t - tLast);
      if (tUp !== undefined) {
        processMs.push(tUp - tLast);
        fromUp.push(t === null ? null : t - tUp);
      }
      if (t === null) {
        const missing = nodes.flatMap((a) => nodes.filter((b) => a !== b && stateOf(a, b) !== 'alive').map((b) => `${a}>${b}:${stateOf(a, b)}`));
        log('missing pairs', missing.slice(0, 20).join(' '));
      }
      log('start', k, `${inWords(raw.at(-1))} ms after the last start, ${inWords(fromUp.at(-1) ?? null)} after its process was up`);
    }
    await sleep(3000);
    return { raw, fromUp, processMs, ms: stats(raw), fromUpMs: stats(fromUp), processStartMs: stats(processMs) };
  }

  /** One window of a quiet cluster, per node. */
  async function window(seconds) {
    const w = watchFailures();
    const ml = machineLoad();
    const pids = sys.pids();
    const c0 = pids.map(cpuSeconds);
    const k0 = readCounters();
    const e0 = udpErrors();
    const t0 = now();
    await sleep(seconds * 1000);
    const s = (now() - t0) / 1000;
    const k1 = readCounters();
    const c1 = pids.map(cpuSeconds);
    const cpu = pids.map((_, i) => c1[i] - c0[i]).reduce((a, b) => a + b, 0);
    const mem = pids.map(memory);
    const mib = (f) => mem.reduce((a, m) => a + f(m), 0) / 1024 / n;
    const rate = (p, f) => (k1[p][f] - k0[p][f]) / s / n;
    return {
      udpPacketsPerNodePerS: rate('udp', 'packets'),
      udpBytesPerNodePerS: rate('udp', 'bytes'),
      tcpPacketsPerNodePerS: rate('tcp', 'packets'),
      tcpBytesPerNodePerS: rate('tcp', 'bytes'),
      cpuPctPerNode: (100 * cpu) / s / n,
      rssMiBPerNode: mib((m) => m.rss),
      pssMiBPerNode: mib((m) => m.pss),
      falseFailures: w.stop().events,
      rcvbufErrors: udpErrors().RcvbufErrors - e0.RcvbufErrors,
      busyPct: ml().busyPct,
    };
  }

  /** @param windows How many, one after another. @returns Each figure of each window, in lists. */
  async function steady(windows, seconds) {
    await whole();
    await sleep(3000);
    const r = { seconds, processes: sys.pids().length };
    for (let k = 0; k < windows; k++) {
      const measured = await window(seconds);
      for (const [key, value] of Object.entries(measured)) (r[key] ??= []).push(Number(value.toFixed(3)));
      log('steady', k, `${Math.round(measured.udpBytesPerNodePerS)} B/s, ${measured.cpuPctPerNode.toFixed(2)} % CPU, machine ${measured.busyPct} % busy`);
    }
    return r;
  }

  /** Brings node i back and waits until all agree again: ms after its start, and after its process ran. */
  async function back(i) {
    const t = await sys.restart(i);
    const c = await until(() => allAlive());
    await sleep(2000); // let rumours of the return die down
    return c === null ? [null, null] : [c - t, c - (sys.upAt[i] ?? t)];
  }

  /** Ends node i by `act` and waits until the others know: [first, all] in ms, null for never. */
  async function gone(i, act) {
    const rest = nodes.filter((k) => k !== i);
    const t0 = act(i);
    const first = await until(() => rest.some((k) => failed(stateOf(k, i))));
    const all = await until(() => rest.every((k) => failed(stateOf(k, i))));
    const seen = rest
      .map((k) => sys.views[k].get(name(i)))
      .filter((x) => failed(x?.state))
      .map((x) => x.t);
    return [first === null ? null : Math.min(first, ...seen) - t0, all === null ? null : Math.max(...seen) - t0];
  }

  async function kill(times) {
    const r = { first: [], all: [], rejoin: [], rejoinFromUp: [], falseFailures: [] };
    for (let k = 0; k < times; k++) {
      await whole();
      const v = pick();
      const w = watchFailures(new Set([name(v)]));
      const [first, all] = await gone(v, (i) => sys.kill(i));
      r.falseFailures.push(w.stop());
      const [rejoin, rejoinFromUp] = await back(v);
      for (const [key, value] of Object.entries({ first, all, rejoin, rejoinFromUp })) r[key].push(value);
      log('kill', k, [first, all, rejoin].map(inWords).join(' / '), JSON.stringify(r.falseFailures.at(-1)));
    }
    return { ...r, firstMs: stats(r.first), allMs: stats(r.all), rejoinMs: stats(r.rejoin), rejoinFromUpMs: stats(r.rejoinFromUp) };
  }

  async function leave(times) {
    const r = { first: [], all: [] };
    for (let k = 0; k < times; k++) {
      await whole();
      const v = pick();
      const [first, all] = await gone(v, (i) => sys.leave(i));
      r.first.push(first);
      r.all.push(all);
      await sleep(1500); // memberlist and serf linger before they close
      const [rejoin] = await back(v);
      log('leave', k, inWords(first), '/', inWords(all), 'back', inWords(rejoin));
    }
    return { ...r, firstMs: stats(r.first), allMs: stats(r.all) };
  }

  /** "Again all alive" must hold for 8 s, so that late failures are seen too. @returns ms from `t1`, or null. */
  async function healed(t1) {
    let since = null;
    for (const limit = now() + deadline; now() < limit; await sleep(20)) {
      if (!allAlive()) since = null;
      else if (now() - (since ??= now()) > 8000) return since - t1;
    }
    return null;
  }

  async function pause(ms, times) {
    const r = { healthyDeclared: [], observersOfPaused: [], declaredByPaused: [], healMs: [] };
    for (let k = 0; k < times; k++) {
      await whole();
      if (!sys.pause) return r;
      const v = pick();
      let healthy = 0;
      let byPaused = 0;
      const ofPaused = new Set();
      const off = sys.onEvent((e) => {
        if (!failed(e.state) || failed(e.old)) return;
        if (e.observer === v) byPaused++;
        else if (e.member === name(v)) ofPaused.add(e.observer);
        else healthy++;
      });
      sys.pause(v);
      await sleep(ms);
      const t1 = sys.resume(v);
      await sleep(50);
      const heal = await healed(t1);
      off();
      r.healthyDeclared.push(healthy);
      r.observersOfPaused.push(ofPaused.size);
      r.declaredByPaused.push(byPaused);
      r.healMs.push(heal);
      log('pause', ms, `healthy declared ${healthy}, paused declared by ${ofPaused.size}, by paused ${byPaused}, healed ${inWords(heal)}`);
    }
    return r;
  }

  async function loss(percent, rounds, { seconds, proto }) {
    const r = {
      percent,
      seconds,
      proto,
      falseFailures: [],
      subjects: [],
      notAllAlivePct: [],
      droppedPct: [],
      udpPacketsPerNodePerS: [],
      healMs: [],
      busyPct: [],
    };
    for (let k = 0; k < rounds; k++) {
      await whole();
      const w = watchFailures();
      const ml = machineLoad();
      setLoss(percent, proto);
      const d0 = readCounters();
      let bad = 0;
      let samples = 0;
      for (const t0 = now(); now() - t0 < seconds * 1000; await sleep(100)) {
        samples++;
        if (!nodes.every((a) => nodes.every((b) => a === b || !failed(stateOf(a, b))))) bad++;
      }
      const during = w.fp.length;
      const d1 = readCounters();
      setLoss(0);
      const t1 = now();
      const c = await until(() => allAlive());
      r.falseFailures.push(during);
      r.subjects.push(w.stop().subjects);
      r.notAllAlivePct.push(Number(((100 * bad) / samples).toFixed(1)));
      r.droppedPct.push(Number(((100 * (d1.drop.packets - d0.drop.packets)) / (d1.in.packets - d0.in.packets)).toFixed(1)));
      r.udpPacketsPerNodePerS.push(Number(((d1.udp.packets - d0.udp.packets) / seconds / n).toFixed(2)));
      r.healMs.push(c === null ? null : Math.max(0, Math.round(c - t1)));
      r.busyPct.push(ml().busyPct);
      log('loss', percent, `${during} false failures of ${r.subjects.at(-1)} nodes, dropped ${r.droppedPct.at(-1)} %, busy ${r.busyPct.at(-1)} %`);
    }
    return r;
  }

  /** Rounds of 60 s under `trouble`: nobody fails, so every failure declared is a false one. */
  async function underTrouble(kind, rounds, trouble) {
    const out = { seconds: 60, falseFailures: [], ofTroubled: [], healMs: [] };
    for (let k = 0; k < rounds; k++) {
      await whole();
      if (kind === 'stall' && !sys.pause) return out;
      const w = watchFailures();
      const { troubled, calm } = await trouble();
      const t = now();
      await calm?.();
      const { events } = w.stop();
      const own = w.fp.filter(({ member }) => member === troubled).length;
      out.falseFailures.push(events - own);
      out.ofTroubled.push(own);
      const c = await until(() => allAlive());
      out.healMs.push(c === null ? null : Math.max(0, c - t));
      log(kind, k, `${events - own} healthy declared failed, the troubled one ${own} times`);
    }
    return out;
  }

  /** A node that is stopped three quarters of the time. */
  const stall = (rounds) =>
    underTrouble('stall', rounds, async () => {
      const v = pick();
      for (const t0 = now(); now() - t0 < 60_000;) {
        sys.pause(v);
        await sleep(300);
        sys.resume(v);
        await sleep(100);
      }
      return { troubled: name(v) };
    });

  /** All of them starved of processor time. */
  const starve = (rounds) =>
    underTrouble('starve', rounds, async () => {
      const end = starveProcessors();
      await sleep(60_000);
      return {
        troubled: null,
        calm: async () => {
          await end();
          await sleep(2000);
        },
      };
    });

  /** What an idle node's processor time goes into: one of n is started under Node's profiler. */
  async function profile(seconds) {
    await sys?.stop();
    sys = create();
    return profileOf(sys, n, seconds, () => until(() => allAlive()));
  }

  return { converge, steady, kill, leave, pause, loss, stall, starve, profile, audit, stop: async () => sys?.stop() };
}
