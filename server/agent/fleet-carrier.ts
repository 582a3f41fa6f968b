/**
 * What carries a fleet's batches to the kernel, behind one interface: `sendmmsg` where there is a libc to call, else
 * node:dgram. Knows no host, no name service and no clock.
 */
import type { BatchShape, FleetBatch } from './fleet-batch.ts';

/** By what became of them. */
export type CarrierCounts = {
  /** Heartbeats the kernel took. */
  sent: number;
  /** Datagrams these were in. */
  datagrams: number;
  /** Heartbeats the kernel did not take: its buffers were full, or there was no way. */
  refused: number;
};

/** Takes the code of an error of the network, as ECONNREFUSED. */
export type OnNetworkError = (code: string) => void;

/** Sockets that are connected to one address. */
export type CarrierSockets = {
  /** Sends what is in the carrier's batch, all of it by the same socket for the same `part`. Never throws. */
  send(part: number): void;
  close(): void;
};

export type FleetCarrier = {
  readonly batch: FleetBatch;
  readonly counts: CarrierCounts;
  /** Rejects when there is no way to the address, with Node's code. */
  open(address: string, port: number, onError: OnNetworkError): Promise<CarrierSockets>;
};

export type CarrierOptions = {
  readonly shape: BatchShape;
  /** Several spread a fleet over the server's sockets. */
  readonly sockets: number;
  /** Takes one line for the operator. */
  readonly say: (line: string) => void;
};

export const SEND_BUFFER_BYTES = 4 << 20;
