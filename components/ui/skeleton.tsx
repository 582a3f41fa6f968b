/** The place of something that is on its way. Hidden from assistive technology: say "loading" once beside it. */
import { classNames } from './class-names.ts';

export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={classNames('skeleton block h-4', className)} />;
}
