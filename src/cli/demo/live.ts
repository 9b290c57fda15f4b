import { createLogUpdate } from 'log-update';
import { humanLine } from '../node-lines.ts';
import type { Line } from '../output.ts';
import type { Actor, Cast } from './cast.ts';
import { RECENT, type Scene, draw } from './screen.ts';
import type { Stage } from './stage.ts';
import { type Takeover, actionInWords } from './summary.ts';

const FRAME_MS = 100;

interface Show {
  readonly cast: Cast;
  readonly stage: Stage;
  readonly leaseMs: number;
  readonly preset: string;
  quit(): void;
}

export interface Screen {
  open(show: Show): void;
  note(line: Line): void;
  close(): void;
}

/** The terminal: draws frames, reads keys, and gives the terminal back as it was. */
export function openScreen(): Screen {
  const update = createLogUpdate(process.stdout, { showCursor: false });
  const recent: string[] = [];
  let show: Show | null = null;
  let selected: string | null = null;
  let takeover: Scene['takeover'] = null;
  /** What was left of the leader's lease when something was done to it, as far as it had told. */
  let leftMs: number | null = null;
  let quitting = false;
  let timer: NodeJS.Timeout | null = null;

  const frame = (): void => {
    if (show === null) return;
    const { columns, rows } = process.stdout;
    update(draw({ actors: show.cast.actors, selected, leaseMs: show.leaseMs, preset: show.preset, takeover, recent, columns, rows }));
  };
  const target = (): Actor | null => (selected === null ? (show?.stage.leader ?? null) : (show?.cast.byName(selected) ?? null));
  const onKey = (bytes: Buffer): void => {
    if (show === null) return;
    const { stage, cast } = show;
    for (const key of bytes.toString()) {
      if (key === 'q' || key === '\u0003') {
        quitting = true; // what is done from now on, the demo does: it wakes a leader that was left stopped
        return show.quit();
      }
      if (key >= '1' && key <= '9') selected = cast.byName(`n${key}`) === undefined ? selected : `n${key}`;
      else if (key === '0' || key === '\u001b') selected = null;
      else if (key === 'h') stage.act('heal', null);
      else if (key === 'c') for (const actor of selected === null ? cast.actors : [target()]) stage.act('resume', actor);
      else if (key === 'r') for (const actor of selected === null ? cast.actors : [target()]) stage.act('restart', actor);
      else {
        const verb = ({ k: 'kill', p: 'pause', s: 'resign', x: 'partition' } as const)[key];
        if (verb !== undefined) stage.act(verb, target());
      }
    }
    frame();
  };

  return {
    open: (given) => {
      show = given;
      process.stdin.setRawMode(true).resume().on('data', onKey);
      timer = setInterval(frame, FRAME_MS);
      frame();
    },
    note: (line) => {
      if (line.event === 'action') {
        const actor = show?.cast.byName(String(line['target']));
        if (actor !== undefined && line['action'] !== 'resume' && line['action'] !== 'restart' && actor.leads !== null && actor.status !== null)
          leftMs = Math.max(0, actor.status.remainingMs - (line.mono - actor.status.mono));
      }
      if (line.event === 'takeover') {
        takeover = { ...(line as unknown as Takeover), leftMs };
        leftMs = null;
      }
      if (!['elected', 'lost', 'action', 'quorum', 'warning'].includes(line.event) && !(line.event === 'member' && line['state'] === 'failed')) return;
      recent.push(
        line.event === 'action'
          ? `${new Date(line.at).toISOString().slice(11, 23)}  ${quitting ? 'the demo' : 'you'}  ${actionInWords(line)}`
          : humanLine(line),
      );
      if (recent.length > RECENT) recent.shift();
    },
    close: () => {
      if (timer !== null) clearInterval(timer);
      frame();
      update.done();
      process.stdin.setRawMode(false).pause();
    },
  };
}
