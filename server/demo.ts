/**
 * `npm run demo`: the production server and a simulated fleet: 2,000 hosts in 50 racks, 1 % of the heartbeats lost,
 * some hosts flapping, five that die, one rack that loses its network and gets it back. The same at every run, and
 * marked DEMO on every page. It keeps nothing: its data is in a folder that goes with it, unless DATA_DIR says
 * another. Arguments are settings (config.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' });

const FLEET = [
  ['--hosts', '2000'],
  ['--interval', '1s'],
  ['--prefix', 'demo-'],
  ['--loss', '1%'],
  ['--flap', '6'],
  ['--kill', '5@15s'],
  ['--outage', 'r17@30s+60s'],
  ['--restart', '20@2m'],
  ['--seed', '7'],
].flat();

const { serveProduction } = await import('./production.ts');
const { endWithNpm } = await import('./npm-parent.ts');
endWithNpm();
const folder = mkdtempSync(join(tmpdir(), 'pulsewatch-demo-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.env.DATA_DIR ||= folder;
const { heartbeatHost, heartbeatPort } = await serveProduction([...process.argv.slice(2), '--demo']);
const { startSimulatedFleet } = await import('./simulated-fleet.ts');
startSimulatedFleet(heartbeatHost, heartbeatPort, FLEET);
