/** The server as a program, as `npm start` runs it but for the pages. Started by tests as a process of its own. */
import { configOrExit, runServer } from '../program.ts';

await runServer(configOrExit(process.argv.slice(2)), async () => null);
