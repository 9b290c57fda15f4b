/** One promise that still runs. */
export interface HandedGrant {
  readonly name: string;
  readonly holder: string;
  readonly holderBoot: number;
  readonly ballot: number;
  readonly term: number;
  readonly seq: number;
  readonly elected: boolean;
  /** What is left of it, by the clock of the life that gave it. */
  readonly leftUs: number;
}

/**
 * What a voter that ends in good order leaves to its next life, in place of the start-up wait
 * (restart.R8): all its promises, written **after it has answered for the last time**. A promise given
 * later would be unknown to the next life, which answers at once.
 *
 * It is bound to the life that wrote it and to the voters in force; whoever takes it over has it
 * removed from the disk before the first answer, and lets every promise run its full rest anew. A
 * copy, restored from somewhere and used a second time, would lack what was promised in between.
 */
export interface HandedOn {
  readonly boot: number;
  /** Of the configuration it was promised under. */
  readonly digest: number;
  /** Nothing above it was promised. */
  readonly floor: number;
  readonly grants: readonly HandedGrant[];
}
