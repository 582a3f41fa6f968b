/** `npm start`: builds the pages when that is needed, then serves. Arguments are settings (config.ts). */
// Next reads it when it is loaded.
Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' });
const { serveProduction } = await import('./production.ts');
const { endWithNpm } = await import('./npm-parent.ts');
endWithNpm();
await serveProduction(process.argv.slice(2));
