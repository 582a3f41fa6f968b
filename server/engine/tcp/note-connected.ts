/**
 * Marks the hosts that went down by their timeout while a connection of their own had not ended: main alone knows
 * the connections, the shard alone the silence. Main thread. Cost: a look at each transition while there is TCP.
 */
import { type ShardBatch, TransitionKind, TransitionNote, TransitionReason } from '../events.ts';
import type { ShardColumns } from '../layout.ts';
import type { TcpListener } from './tcp-listener.ts';

/** `columns`: of the shard the batch is from. */
export function noteConnected(
  { transitions }: ShardBatch,
  columns: Pick<ShardColumns, 'idHigh' | 'idLow'>,
  tcp: Pick<TcpListener, 'carries'>,
): void {
  const { length, rows, kinds, reasons, notes } = transitions;
  for (let i = 0; i < length; i++) {
    if (kinds[i] !== TransitionKind.down || reasons[i] !== TransitionReason.timeout) continue;
    const row = rows[i]!;
    if (tcp.carries(columns.idHigh[row]!, columns.idLow[row]!))
      notes[i] = notes[i]! | TransitionNote.connected;
  }
}
