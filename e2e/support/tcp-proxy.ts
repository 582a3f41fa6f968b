/** A TCP proxy whose cable can be pulled: cut() resets every connection and refuses new ones until mend(). */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export type TcpProxy = {
  readonly port: number;
  cut(): void;
  mend(): void;
  /** Leaves connections open but reads nothing more from the server. */
  stall(): void;
  resume(): void;
  close(): Promise<void>;
};

/** `targetPort` is asked for each connection. */
export async function tcpProxy(targetPort: () => number): Promise<TcpProxy> {
  const pairs = new Set<{ viewer: Socket; server: Socket }>();
  let isCut = false;
  let isStalled = false;
  const listener = createServer((viewer) => {
    if (isCut) {
      viewer.resetAndDestroy();
      return;
    }
    const server = connect(targetPort(), '127.0.0.1');
    const pair = { viewer, server };
    pairs.add(pair);
    const forget = (): void => {
      pairs.delete(pair);
      viewer.destroy();
      server.destroy();
    };
    viewer.on('error', forget).on('close', forget);
    server.on('error', forget).on('close', forget);
    viewer.pipe(server);
    server.pipe(viewer);
    if (isStalled) server.pause();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    port: (listener.address() as AddressInfo).port,
    cut: () => {
      isCut = true;
      for (const { viewer, server } of pairs) {
        viewer.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    mend: () => {
      isCut = false;
    },
    stall: () => {
      isStalled = true;
      for (const { viewer, server } of pairs) {
        server.unpipe(viewer);
        server.pause();
      }
    },
    resume: () => {
      isStalled = false;
      for (const { viewer, server } of pairs) server.pipe(viewer);
    },
    close: async () => {
      for (const { viewer, server } of pairs) {
        viewer.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, 'close');
    },
  };
}
