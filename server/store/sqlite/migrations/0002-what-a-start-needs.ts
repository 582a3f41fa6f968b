/**
 * Version 2: since when an episode's host has been down (null: since it opened), and which named hosts have not been
 * heard yet.
 */
export const WHAT_A_START_NEEDS = `
  ALTER TABLE episodes ADD COLUMN down_at INTEGER;
  ALTER TABLE hosts ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0;
`;
