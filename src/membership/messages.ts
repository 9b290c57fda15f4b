/** Every membership message; `kind` is 1 … 15 on the wire. */
export type MembershipMessage = { readonly kind: number };
