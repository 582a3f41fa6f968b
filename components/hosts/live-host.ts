'use client';

/** A host as it is this moment: the description read last, with the state of the live view laid over it. */
import { useLive } from '@/lib/client/use-live.ts';
import { ACKNOWLEDGED, FLAPPING, type Host, MAINTENANCE, stateNameOf } from '@/lib/protocol/host.ts';

/** `byte`: the live state byte, or null when the live view does not know the slot. Pure. */
export function withLiveState(host: Host, byte: number | null): Host {
  if (byte === null) return host;
  const state = stateNameOf(byte);
  if (state === 'empty') return host;
  const acknowledged = (byte & ACKNOWLEDGED) !== 0;
  const maintenance = (byte & MAINTENANCE) !== 0;
  const flapping = (byte & FLAPPING) !== 0;
  if (
    state === host.state &&
    acknowledged === host.acknowledged &&
    maintenance === host.maintenance &&
    flapping === host.flapping
  ) {
    return host;
  }
  // The verdict and the episode belong to the state they were read with.
  const same = state === host.state;
  return {
    ...host,
    state,
    acknowledged,
    maintenance,
    flapping,
    reason: same ? host.reason : null,
    evidence: same ? host.evidence : null,
    alertId: same ? host.alertId : null,
  };
}

/** `epoch`: of the answer the host was read with; slots mean something inside one epoch only. */
export function useLiveHost(host: Host, epoch: string): Host {
  const byte = useLive((state) =>
    state.epoch === epoch && host.slot < state.slotCount ? (state.states[host.slot] ?? null) : null,
  );
  return withLiveState(host, byte);
}
