import { expect, test } from 'vitest';
import { ViewerPlaces } from './viewer-places.ts';

test('L24: no more places than MAX_VIEWERS in all and 256 an address', () => {
  const places = new ViewerPlaces({ maxViewers: 300 });
  const taken = Array.from({ length: 256 }, () => places.take('10.0.0.1'));
  expect(taken).not.toContain(null);
  expect(places.take('10.0.0.1')).toBeNull();
  for (let i = 0; i < 44; i++) expect(places.take('10.0.0.2')).not.toBeNull();
  expect(places.take('10.0.0.3')).toBeNull();
  taken[0]!.release();
  taken[0]!.release();
  expect(places.take('10.0.0.1')).not.toBeNull();
  expect(places.take('10.0.0.3')).toBeNull();
});
