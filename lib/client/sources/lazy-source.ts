/** A source whose code is loaded when the first one is opened, so that a page need not wait for it. */
import type { OpenSource, SourceOptions } from '../source.ts';
import { failure } from './live-request.ts';

/** @param load Asked for each source; a module that came is not loaded again. */
export function lazySource(name: string, load: () => Promise<OpenSource>): OpenSource {
  return (options: SourceOptions) => {
    let stopped = false;
    let source: ReturnType<OpenSource> | null = null;
    load().then(
      (open) => {
        if (!stopped) source = open(options);
      },
      (error: unknown) => {
        if (!stopped) options.sink.closed(failure(`${name} could not be loaded`, error));
      },
    );
    return {
      ack: (s) => source?.ack(s),
      stop() {
        stopped = true;
        source?.stop();
      },
    };
  };
}
