/** `npm run bench -- <what> [--json]`: runs one benchmark and prints it. Owns the list of them and no measuring. */
import { benchIngest, ingestTable } from './ingest.ts';

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((each) => each !== '--json');
const [name] = names;
if (names.length !== 1 || name !== 'ingest') {
  console.error(`bench got ${JSON.stringify(args.join(' '))}; it takes: ingest [--json]`);
  process.exitCode = 2;
} else {
  const result = await benchIngest((line) => console.error(line));
  console.log(json ? JSON.stringify(result, null, 2) : ingestTable(result));
}
