/**
 * A numeric address with port, in one canonical spelling: `10.0.0.5:7946`, `[fe80::1]:7946`. A
 * plain string, so that it compares by value and keys a map. Host names are resolved before they
 * become one.
 */
export type Address = string;
