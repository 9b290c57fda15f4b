/** Invariants, schedules and scenarios about features that do not exist yet: named, so that nobody takes them for checked. */
export const WAITING: readonly { readonly id: string; readonly feature: string }[] = [
  { id: 'I14', feature: 'voters that change: a configuration is installed only over the one before' },
  { id: 'I15 (verify)', feature: 'leases for applications: a majority asked on demand' },
  { id: 'I16', feature: 'voters that change: quorums of neighbouring configurations meet' },
  { id: 'I21', feature: 'a state directory: what is on disk is never ahead of what was promised' },
  { id: 'I23', feature: 'quiet start' },
  { id: 'L8', feature: 'preemption: the preferred node leads in the end' },
  { id: 'scenario 44', feature: 'the voters change during a partition' },
  { id: 'transfer policies', feature: 'preemption, rotation and groups' },
];
