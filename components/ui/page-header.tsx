/** The one h1 of a page, with a sentence below it and actions at its side. */
import type { ReactNode } from 'react';

export function PageHeader({
  title,
  intro,
  actions,
}: {
  title: ReactNode;
  intro?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <header className="mb-4 flex flex-wrap items-start justify-between gap-x-6 gap-y-1.5">
      <h1 className="flex min-h-(--control-h) min-w-0 items-center text-xl">{title}</h1>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      {intro ? (
        <div className="-mt-1.5 basis-full">
          <p className="max-w-3xl text-sm text-muted">{intro}</p>
        </div>
      ) : null}
    </header>
  );
}
