/** Where in DATA_DIR the database is. Known to all who open it, and to nobody else. */
import { join } from 'node:path';

export function databaseIn(dataDir: string): string {
  return join(dataDir, 'pulsewatch.db');
}
