'use client';

/** The hosts whose names match, asked of the server a moment after the last letter; the newest question counts. */
import { useEffect, useState } from 'react';
import { useLiveHandle } from '@/lib/client/use-live.ts';
import type { Host } from '@/lib/protocol/host.ts';
import { stateKindOf } from '../ui/state-badge.tsx';
import type { StateKind } from '../ui/tokens.ts';

const TYPED_MS = 120;
const MOST = 8;

export type FoundHost = { readonly id: string; readonly name: string; readonly kind: StateKind };
export type HostSearch = {
  readonly hosts: readonly FoundHost[];
  /** How many match that are not among `hosts`. */
  readonly more: number;
  readonly state: 'still' | 'asking' | 'failed';
};

const NOTHING: HostSearch = { hosts: [], more: 0, state: 'still' };

const found = (host: Host): FoundHost => ({ id: host.id, name: host.name, kind: stateKindOf(host) });

/** `q` '' asks for nothing. While a question is under way the last answer stays. */
export function useHostSearch(q: string): HostSearch {
  const { api } = useLiveHandle();
  const [search, setSearch] = useState(NOTHING);
  useEffect(() => {
    if (q === '') {
      setSearch(NOTHING);
      return;
    }
    const leaving = new AbortController();
    setSearch((before) => ({ ...before, state: 'asking' }));
    const timer = setTimeout(() => {
      api.hosts({ q, limit: MOST }, leaving.signal).then(
        ({ hosts, total }) =>
          setSearch({ hosts: hosts.map(found), more: total - hosts.length, state: 'still' }),
        () => {
          if (!leaving.signal.aborted) setSearch({ ...NOTHING, state: 'failed' });
        },
      );
    }, TYPED_MS);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [api, q]);
  return search;
}
