/** Which carrier a simulated fleet gets on this system, in which shape, and why: asked once, at the start. */
import { whyNoLibc } from '../libc/libc.ts';
import { knowsSegments } from '../libc/send-batch.ts';
import { closeSocket, openUdpSocket } from '../libc/udp-socket.ts';
import { UsageError } from './command-line.ts';
import type { FleetCarrier } from './fleet-carrier.ts';
import { DgramCarrier } from './fleet-dgram.ts';
import { type LoadOptions, type LoadPlan, planLoad, type SenderChoice } from './fleet-load.ts';
import { SendmmsgCarrier } from './fleet-sendmmsg.ts';

/** A server may read several sockets by several threads; more than a few gain nothing. */
const HOSTS_PER_SOCKET = 2_500;
const MAX_SOCKETS = 8;

/** null: `sendmmsg` and UDP_SEGMENT are there. */
function whyNoSegments(why: string | null): string | null {
  if (why !== null) return why;
  const fd = openUdpSocket(4);
  try {
    return knowsSegments(fd) ? null : 'this kernel does not know UDP_SEGMENT (Linux 4.18 does)';
  } finally {
    closeSocket(fd);
  }
}

/** Throws a UsageError when `sendmmsg` is asked for and cannot be had. */
export function makeSender(
  options: LoadOptions & { readonly hosts: number; readonly sender: SenderChoice },
  sizes: { readonly beatBytes: number; readonly longestBytes: number },
  say: (line: string) => void,
): { readonly carrier: FleetCarrier; readonly plan: LoadPlan; readonly words: string } {
  const why = options.sender === 'dgram' ? '--sender dgram was asked for' : whyNoLibc();
  if (options.sender === 'sendmmsg' && why !== null) {
    throw new UsageError(`--sender got "sendmmsg", which cannot be had: ${why}; it takes auto or dgram here`);
  }
  const plan = planLoad(options, sizes, whyNoSegments(why));
  const sockets = Math.min(MAX_SOCKETS, Math.ceil(options.hosts / HOSTS_PER_SOCKET));
  const carrierOptions = { shape: plan.shape, sockets, say };
  const by = why === null ? 'sendmmsg' : `node:dgram (${why})`;
  return {
    carrier: why === null ? new SendmmsgCarrier(carrierOptions) : new DgramCarrier(carrierOptions),
    plan,
    words: `sends by ${by} from ${sockets} socket${sockets === 1 ? '' : 's'}: ${plan.words}`,
  };
}
