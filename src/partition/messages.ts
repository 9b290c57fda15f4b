/** What an entry of a partition packet is. Append, never renumber. */
export const PartitionOp = { stand: 1, claim: 2, gone: 3 } as const;

/** The sender would lead if nobody better does. */
export interface Stand {
  readonly op: typeof PartitionOp.stand;
  readonly name: string;
  readonly priority: number;
}

/** Somebody leads: the sender itself, or whom it heard lead lately. */
export interface ClaimEntry {
  readonly op: typeof PartitionOp.claim;
  readonly name: string;
  readonly holder: string;
  readonly boot: number;
  readonly term: number;
  readonly priority: number;
  /** How long to believe it without further news. What was heard from others is passed on with what is left of it, so that no claim outlives its holder by more. 0: it is over, by a merge. */
  readonly leftMs: number;
}

/** The sender's tenure is over. */
export interface Gone {
  readonly op: typeof PartitionOp.gone;
  readonly name: string;
  readonly term: number;
}

export type PartitionEntry = Stand | ClaimEntry | Gone;

export interface PartitionPacket {
  readonly kind: 24;
  readonly from: string;
  readonly boot: number;
  readonly entries: readonly PartitionEntry[];
}
