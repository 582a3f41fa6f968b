/** Several addresses, one port: what it takes to listen on all of them or on none. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANY_PORT_TRIES = 5;

/** Binds every address to the same port; 0 = any free one. Rejects as Node does (code, address, port). */
export async function bindAll(
  create: () => Server,
  addresses: readonly string[],
  port: number,
): Promise<{ servers: Server[]; boundPort: number }> {
  for (let tries = 1; ; tries++) {
    const servers: Server[] = [];
    let boundPort = port;
    try {
      for (const address of addresses) {
        const server = create();
        await listen(server, address, boundPort);
        servers.push(server);
        boundPort = (server.address() as AddressInfo).port;
      }
      return { servers, boundPort };
    } catch (error) {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      // A port that was free on the first address need not be free on the second.
      if (port !== 0 || !taken || tries === ANY_PORT_TRIES) throw error;
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
