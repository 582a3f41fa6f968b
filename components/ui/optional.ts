'use client';

/**
 * Parts of a page that are fetched apart from it, and before they are asked for: in the middle of an outage there
 * may be nobody to ask. One that cannot be fetched stays away; it never takes the page with it, as React.lazy would.
 */
import { type ComponentType, createElement, type ReactNode, useEffect, useState } from 'react';

const RETRY_MS = 3_000;

const waiting = new Set<() => void>();
let fetching = false;

/** From now on every part is fetched as soon as it is known; to be called when the page itself is there. */
export function fetchOptionalParts(): void {
  fetching = true;
  for (const fetchPart of waiting) fetchPart();
  waiting.clear();
}

/** A module fetched the same way; asked for, it is fetched again if that has not worked. Rejects when it does not. */
export function optionalModule<Module>(load: () => Promise<Module>): () => Promise<Module> {
  let known: Promise<Module> | null = null;
  const fetchModule = (): Promise<Module> => {
    known ??= load().catch((error: unknown) => {
      known = null;
      throw error;
    });
    return known;
  };
  // Whoever wants it tries again.
  const fetchEarly = (): void => void fetchModule().catch(() => {});
  if (fetching) fetchEarly();
  else waiting.add(fetchEarly);
  return fetchModule;
}

/** In the place of the part stands `fallback` until it has come. Tried again every 3 s while it is wanted. */
export function optional<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  fallback: ReactNode = null,
): ComponentType<Props> {
  let known: ComponentType<Props> | null = null;
  const fetchPart = optionalModule(async () => {
    known ??= (await load()).default;
  });

  // biome-ignore lint/correctness/noComponentHookFactories: called once a module, as React.lazy is.
  return function Optional(props: Props) {
    const [part, setPart] = useState(() => known);
    useEffect(() => {
      if (part !== null) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      let gone = false;
      const attempt = async (): Promise<void> => {
        await fetchPart().catch(() => {});
        if (gone) return;
        if (known === null) timer = setTimeout(attempt, RETRY_MS);
        else setPart(() => known);
      };
      void attempt();
      return () => {
        gone = true;
        clearTimeout(timer);
      };
    }, [part]);
    return part === null ? fallback : createElement(part, props);
  };
}
