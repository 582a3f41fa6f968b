/**
 * Debian's nginx with docs/pulsewatch.nginx.conf as it is shipped, on free loopback ports, everything it writes in a
 * temporary folder. For tests; runs as root and as anyone else. Only what it is installed as is looked for.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { SpawnedProcess } from './spawned-process.ts';

const SHIPPED = join(import.meta.dirname, '..', '..', 'docs', 'pulsewatch.nginx.conf');
/** Where Debian puts it is not in everyone's PATH. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
const ANY_PORT_TRIES = 3;
const STOP_PATIENCE_MS = 3_000;

export type Nginx = {
  readonly port: number;
  readonly origin: string;
  stop(): Promise<void>;
};

export function shippedNginxFile(): string {
  return readFileSync(SHIPPED, 'utf8');
}

function nginxPath(): string {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, 'nginx');
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {}
  }
  throw new Error('nginx is not installed: `apt-get install nginx` (Debian, Ubuntu), `brew install nginx`');
}

async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The shipped file with other ports; throws when the lines it says may be changed are not there. */
function withPorts(file: string, listenPort: number, upstreamPort: number): string {
  const lines: [string, string][] = [
    ['  listen 80; # (port)', `  listen 127.0.0.1:${listenPort}; #`],
    ['  server 127.0.0.1:3000; # (port)', `  server 127.0.0.1:${upstreamPort}; #`],
  ];
  return lines.reduce((text, [shipped, ours]) => {
    if (text.split(shipped).length !== 2) throw new Error(`${SHIPPED} has no line, or two, with ${shipped}`);
    return text.replace(shipped, ours);
  }, file);
}

/** What Debian's nginx.conf has around a site, and folders of its own. One process: ended, nothing stays behind. */
function frame(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
lock_file ${folder}/nginx.lock;
error_log stderr notice;
events { worker_connections 1024; }
http {
${temporary.map((name) => `  ${name}_temp_path ${folder}/${name};`).join('\n')}
  access_log ${folder}/access.log;
  include ${folder}/pulsewatch.conf;
}
`;
}

/** `edit`: what an operator might have done to the shipped file. Rejects with what nginx said. */
export async function startNginx(
  upstreamPort: number,
  edit: (file: string) => string = (file) => file,
): Promise<Nginx> {
  const path = nginxPath();
  for (let tries = 1; ; tries++) {
    const folder = await mkdtemp(join(tmpdir(), 'pulsewatch-nginx-'));
    const port = await freeTcpPort();
    await writeFile(join(folder, 'nginx.conf'), frame(folder));
    await writeFile(join(folder, 'pulsewatch.conf'), edit(withPorts(shippedNginxFile(), port, upstreamPort)));
    const child = new SpawnedProcess(['-p', folder, '-c', join(folder, 'nginx.conf')], {}, path);
    const stop = async (): Promise<void> => {
      const patience = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE_MS);
      child.kill('SIGTERM');
      await child.exit.catch(() => {});
      clearTimeout(patience);
      await rm(folder, { recursive: true, force: true });
    };
    try {
      // Said when it has bound its port.
      await child.line(/ nginx\/[0-9]/);
      return { port, origin: `http://127.0.0.1:${port}`, stop };
    } catch (error) {
      await stop();
      // Somebody else may have taken the port since it was found free.
      if (tries === ANY_PORT_TRIES || !/Address already in use/.test(String(error))) throw error;
    }
  }
}
