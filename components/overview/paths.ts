/** Addresses of the pages the overview leads to. */
export function hostPath(name: string): string {
  return `/hosts/${encodeURIComponent(name)}`;
}

/** `state` as the list of hosts takes it: a state, or `unhandled`, `acknowledged`, `maintenance`. */
export function hostsPath(state: string): string {
  return `/hosts?state=${encodeURIComponent(state)}`;
}
