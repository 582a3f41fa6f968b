/** The mark: a pulse on a square. As in public/icon.svg. */
export function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden className="text-accent">
      <rect width="32" height="32" rx="7" fill="currentColor" />
      <path
        d="M5 17h5l3-8 6 15 3-7h5"
        fill="none"
        stroke="var(--color-on-accent)"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
