import { BellwetherError } from './core/errors.ts';

interface Confirmation {
  readonly name: string;
  readonly term: number;
  /** The lease must reach so far: then a majority has renewed since it was asked. */
  readonly endUs: number;
  resolve(): void;
  reject(error: BellwetherError): void;
}

/** Who asked whether a lease is still the voters' will, and waits for a majority to say so anew. */
export class Confirmations {
  #open: Confirmation[] = [];

  add(name: string, term: number, endUs: number): Promise<void> {
    return new Promise((resolve, reject) => this.#open.push({ name, term, endUs, resolve, reject }));
  }

  /** @param leaseOf The tenure that is led now, or null. */
  look(leaseOf: (name: string) => { readonly term: number; readonly leaseEndUs: number } | null): void {
    if (this.#open.length === 0) return;
    const still: Confirmation[] = [];
    for (const confirmation of this.#open) {
      const { name, term, endUs } = confirmation;
      const lease = leaseOf(name);
      if (lease?.term !== term)
        confirmation.reject(
          new BellwetherError('ERR_NOT_LEADER', `the lease of '${name}' in term ${term} was lost before a majority confirmed it`, { election: name, term }),
        );
      else if (lease.leaseEndUs >= endUs) confirmation.resolve();
      else still.push(confirmation);
    }
    this.#open = still;
  }
}
