/** Loads koffi when it is first needed, so that systems without it run all the rest. The only importer of it. */
import { createRequire } from 'node:module';
import type Koffi from 'koffi';

let loaded: typeof Koffi | undefined;

/** Throws as `require` does when there is no build of it for this system. Synchronous; about 10 ms the first time. */
export function koffi(): typeof Koffi {
  loaded ??= createRequire(import.meta.url)('koffi') as typeof Koffi;
  return loaded;
}
