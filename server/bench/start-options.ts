/** The options of Node with which `npm start` runs the server; what is measured runs with the same. */
import manifest from '../../package.json' with { type: 'json' };

const SCRIPT = /^node ((?:--\S+ )*)server\/start\.ts$/;

/** Throws when `npm start` has taken another form. */
export function startOptions(): string[] {
  const options = SCRIPT.exec(manifest.scripts.start)?.[1];
  if (options === undefined) throw new Error(`npm start is ${JSON.stringify(manifest.scripts.start)}`);
  return options.split(' ').filter((each) => each !== '');
}
