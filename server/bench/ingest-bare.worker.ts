/** A control of the ingest benchmark: a node:dgram socket in a worker that counts and looks at nothing. */
import { createSocket } from 'node:dgram';
import { parentPort, workerData } from 'node:worker_threads';
import { BARE_BUFFER_BYTES } from './ingest-messages.ts';

const count = new Float64Array(workerData as SharedArrayBuffer);
const socket = createSocket({ type: 'udp4' });
let read = 0;
socket.on('message', () => {
  read++;
});
// Published as the engine publishes its counters: every 50 ms, so that counting itself stays out of the figure.
setInterval(() => {
  count[0] = read;
}, 50);
socket.bind({ address: '127.0.0.1', port: 0, exclusive: true }, () => {
  try {
    socket.setRecvBufferSize(BARE_BUFFER_BYTES);
  } catch {
    // The size that is reported then shows it.
  }
  parentPort?.postMessage({ port: socket.address().port, receiveBufferBytes: socket.getRecvBufferSize() });
});
