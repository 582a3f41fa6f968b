import { join } from 'node:path';
import { buildPages, isBuildCurrent } from '../../server/page-build.ts';
import { ensureBrowser } from './browser.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export default async function globalSetup(): Promise<void> {
  ensureBrowser();
  if (isBuildCurrent(ROOT)) return;
  const failure = await buildPages(ROOT);
  if (failure !== null) throw new Error(`the pages could not be built:\n${failure}`);
}
