/** The limit where datagrams may come as one piece (UDP_GRO): a recvmmsg loop that counts them and looks at nothing. */
import { workerData } from 'node:worker_threads';
import { readForEver } from './ingest-recvmmsg-loop.ts';

readForEver(new Float64Array(workerData as SharedArrayBuffer), { pieces: true });
