'use client';

/** A command as it is typed, with a button that copies it. Long lines scroll inside; the block can be focused. */
import { CopyButton } from './copy-button.tsx';

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className="flex flex-wrap items-stretch gap-2">
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (axe scrollable-region-focusable).
        tabIndex={0}
        className="min-w-0 flex-1 basis-72 overflow-x-auto rounded-md border border-line bg-raised"
      >
        <pre className="w-max min-w-full px-3 py-2 text-sm leading-6">
          <code>{code}</code>
        </pre>
      </section>
      <CopyButton text={code} label={label} />
    </div>
  );
}
