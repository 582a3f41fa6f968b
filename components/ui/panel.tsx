/** A titled area of a page. Its heading names it for assistive technology. */
import { type ReactNode, useId } from 'react';
import { classNames } from './class-names.ts';

export function Panel({
  title,
  hint,
  actions,
  children,
  className,
  bodyClassName = 'p-4',
}: {
  title?: ReactNode;
  /** A quiet sentence beside the title. */
  hint?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  bodyClassName?: string;
}) {
  const id = useId();
  return (
    <section
      aria-labelledby={title ? id : undefined}
      className={classNames('min-w-0 rounded-lg border border-line bg-surface', className)}
    >
      {title ? (
        <header className="flex min-h-10 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-1.5">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-3">
            <h2 id={id} className="text-base">
              {title}
            </h2>
            {hint ? <p className="text-xs text-muted">{hint}</p> : null}
          </div>
          {actions}
        </header>
      ) : null}
      <div className={bodyClassName}>{children}</div>
    </section>
  );
}
