/** A value that is not there, said to those who do not see the dash. */
export function Nothing({ words }: { words: string }) {
  return (
    <span className="text-muted">
      <span aria-hidden>–</span>
      <span className="sr-only">{words}</span>
    </span>
  );
}
