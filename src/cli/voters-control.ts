import { BellwetherError } from '../core/errors.ts';
import { VOTERS_MAX } from '../election/config.ts';
import type { VotersChange } from '../election/voter-set.ts';
import type { ClusterNode } from '../node.ts';

export const VOTERS_USAGE =
  'voters [list | add NAME… | remove NAME… | replace OLD NEW | exclude NAME… | include NAME… | weigh NAME N | force NAME… --yes] [--wait SECONDS]';

/** The verb, every voter there can be, `--yes` and `--wait SECONDS`. */
export const VOTERS_WORDS_MAX = 1 + VOTERS_MAX + 3;

/** How long a change may take before the answer says what it waits for. */
const WAIT_S = 30;

/** What each verb makes of its words; null: they do not fit. */
const CHANGES: Readonly<Record<string, (names: readonly string[]) => VotersChange | null>> = {
  add: (names) => (names.length > 0 ? { add: names } : null),
  remove: (names) => (names.length > 0 ? { remove: names } : null),
  replace: ([before, after, ...more]) => (before !== undefined && after !== undefined && more.length === 0 ? { replace: { [before]: after } } : null),
  exclude: (names) => (names.length > 0 ? { exclude: names } : null),
  include: (names) => (names.length > 0 ? { include: names } : null),
  weigh: ([name, votes, ...more]) => (name !== undefined && votes !== undefined && more.length === 0 ? { weigh: { [name]: Number(votes) } } : null),
};

/** Shows or changes the voters of a running node. @throws BellwetherError, its `details.waitsFor` naming the precondition that was missing in time. */
export async function runVoters(node: ClusterNode, words: readonly string[]): Promise<unknown> {
  const { rest, waitS, isSure } = flagsOf(words);
  const [verb = 'list', ...names] = rest;
  if (verb === 'list') return node.voters;
  if (verb === 'force') {
    if (!isSure)
      throw usage(
        'voters force NAME… --yes: only when a majority of the voters is gone for good; if they still run, there will be two clusters with a leader each',
      );
    return node.forceVoters(names);
  }
  const wish = Object.hasOwn(CHANGES, verb) ? CHANGES[verb]!(names) : null;
  if (wish === null) throw usage(VOTERS_USAGE);
  return node.changeVoters(wish, { signal: AbortSignal.timeout(waitS * 1_000) });
}

function flagsOf(words: readonly string[]): { rest: readonly string[]; waitS: number; isSure: boolean } {
  const at = words.indexOf('--wait');
  const waitS = at < 0 ? WAIT_S : Number(words[at + 1]);
  if (!(waitS > 0 && waitS <= 86_400)) throw usage('--wait SECONDS: more than 0, at most a day');
  const rest = words.filter((word, i) => word !== '--yes' && (at < 0 || (i !== at && i !== at + 1)));
  return { rest, waitS, isSure: words.includes('--yes') };
}

const usage = (text: string): BellwetherError => new BellwetherError('ERR_OPTIONS', `usage: ${text}`, { problems: [text] });
