import { HostView } from '@/components/hosts/host-view.tsx';

/** A malformed escape names no host; it is shown as it stands. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export default async function HostPage({ params }: { params: Promise<{ host: string }> }) {
  const host = decoded((await params).host);
  return <HostView key={host} nameOrId={host} />;
}
