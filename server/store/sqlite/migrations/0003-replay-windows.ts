/**
 * Version 3: what was known of the seqs of hosts that speak with a tag, some thousand of them in a row, as the engine
 * packs them. A row a page of one run of the server (its epoch).
 */
export const REPLAY_WINDOWS = `
  CREATE TABLE replay_windows (
    no INTEGER PRIMARY KEY,
    epoch TEXT NOT NULL,
    page INTEGER NOT NULL,
    windows BLOB NOT NULL,
    UNIQUE (epoch, page)
  );
`;
