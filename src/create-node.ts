import { hostname, networkInterfaces } from 'node:os';
import { type Address, familyOf, isUnspecified, parseAddress, portOf } from './core/address.ts';
import { silentLogger } from './core/logger.ts';
import { ms } from './core/time.ts';
import { ClusterNode } from './node.ts';
import { type NodeOptions, type NodeSettings, settingsOf } from './options.ts';
import { RememberedPeers } from './remembered.ts';
import { drawLastBreath } from './last-breath.ts';
import { createRuntime } from './runtime.ts';
import { StateFile } from './state-file.ts';
import { Seeds } from './seeds.ts';
import type { Transport } from './transport/transport.ts';
import { createUdpTransport } from './transport/udp.ts';
import { Watchdog } from './watchdog.ts';
import { DatagramWire } from './wire.ts';

/**
 * Opens a node over UDP and joins the cluster.
 *
 * @returns A node that is a member; or the first one, where nobody answered at the seeds (it goes on asking them).
 * @throws BellwetherError `ERR_OPTIONS` listing every bad option; `ERR_BIND`; `ERR_NAME_CONFLICT` when another living process has our name.
 */
export async function createNode(options: NodeOptions = {}): Promise<ClusterNode> {
  return openNode(await checkedSettings(options), options, (settings) =>
    createUdpTransport({ bind: settings.bind, ...(settings.receiveBufferBytes === null ? {} : { receiveBufferBytes: settings.receiveBufferBytes }) }),
  );
}

/** @internal Options with defaults; the schema library is loaded here and not at import. */
export async function checkedSettings(options: NodeOptions, label?: (option: string) => string): Promise<NodeSettings> {
  const { checkOptions } = await import('./options-schema.ts');
  const { bind, advertise } = checkOptions(options, label);
  return settingsOf(
    options,
    hostname()
      .replace(/[^\x21-\x7e]/g, '-')
      .slice(0, 64),
    bind,
    advertise,
  );
}

/** @internal With the transport of one's choice, and a look at the node before it joins. */
export async function openNode(
  settings: NodeSettings,
  options: NodeOptions,
  transportOf: (settings: NodeSettings) => Transport,
  beforeOpen: (node: ClusterNode) => void = () => {},
): Promise<ClusterNode> {
  options.signal?.throwIfAborted();
  const logger = options.logger ?? silentLogger;
  const advertise = settings.advertise ?? outwardAddress(settings.bind);
  const transport = advertising(transportOf(settings), advertise);
  const runtime = createRuntime();
  const state = options.stateDir === undefined ? null : new StateFile(options.stateDir, settings.cluster, settings.name, logger);
  const remembering = state === null ? settings : { ...settings, election: { ...settings.election, kept: state.read(), handedOn: state.takeOver() } };
  const node = new ClusterNode(remembering, new DatagramWire(transport, settings.cluster, logger), runtime, logger, state);
  beforeOpen(node);
  const remembered = options.stateDir === undefined ? null : new RememberedPeers(options.stateDir, settings.cluster, settings.name, logger);
  const seeds = new Seeds(options.seeds ?? [], remembered, logger);
  await node.open(await seeds.find());
  // Who gave up meanwhile would never hear of this node, and nobody would close it.
  if (options.signal?.aborted === true) {
    await node.close();
    throw options.signal.reason;
  }
  remembered?.follow(node);
  const { releaseOnExit, crashDrainMs = ms(settings.election.stopBeforeUs) } = options;
  drawLastBreath(node, runtime, { releaseOnExit, crashDrainMs }, logger);
  if (options.onOverrun === 'exit') new Watchdog(node, ms(settings.election.renewUs) / 5);
  seeds.follow(node);
  const close = (): void => void node.close();
  options.signal?.addEventListener('abort', close, { once: true });
  node.on('closed', () => options.signal?.removeEventListener('abort', close));
  return node;
}

/** Where a wildcard was bound, others are told an address of this host with the port that was bound. */
function advertising(transport: Transport, host: Address | null): Transport {
  if (host === null) return transport;
  return {
    open: async (handlers) => {
      const info = await transport.open(handlers);
      return { ...info, bound: isUnspecified(info.bound) || portOf(host) !== 0 ? withPort(host, portOf(host) || portOf(info.bound)) : info.bound };
    },
    send: (bytes, to) => transport.send(bytes, to),
    probe: (bytes, to) => transport.probe(bytes, to),
    close: () => transport.close(),
  };
}

function withPort(address: Address, port: number): Address {
  return address.replace(/:[0-9]+$/, `:${port}`);
}

/** For a wildcard: the first address of this host that others can reach, else loopback. With port 0. Null when the bound one will do. */
function outwardAddress(bind: Address): Address | null {
  if (!isUnspecified(bind)) return null;
  const family = familyOf(bind);
  const candidates = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outward = candidates.find((a) => !a.internal && (family === 4 ? a.family === 'IPv4' : a.family === 'IPv6' && !a.address.startsWith('fe80')));
  const host = outward?.address ?? (family === 4 ? '127.0.0.1' : '::1');
  return parseAddress(family === 4 ? `${host}:0` : `[${host}]:0`);
}
