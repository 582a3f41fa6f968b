/**
 * Room kept for the one moment it is needed: SQLite has to make a small file before it can open a database with a
 * log, so on a full disk a start would fail, and with it all watching. Given up then, taken again when there is room.
 * Store's thread.
 */
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';

/** The index of the log takes 32 KiB, a first page of the log 4. */
const BALLAST_BYTES = 256 * 1_024;

function ballastOf(path: string): string {
  return `${path}.reserve`;
}

/** Written in full, because a hole takes no room. Where there is none, the database goes without. */
export function takeBallast(path: string): void {
  const file = ballastOf(path);
  if (existsSync(file)) return;
  let opened: number | undefined;
  try {
    opened = openSync(file, 'wx', 0o600);
    const written = writeSync(opened, Buffer.alloc(BALLAST_BYTES, 'reserve '));
    fsyncSync(opened);
    if (written < BALLAST_BYTES) rmSync(file, { force: true });
  } catch {
    rmSync(file, { force: true });
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** false: there was none. */
export function dropBallast(path: string): boolean {
  if (!existsSync(ballastOf(path))) return false;
  rmSync(ballastOf(path), { force: true });
  return true;
}
