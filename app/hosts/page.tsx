import { HostsView } from '@/components/hosts/hosts-view.tsx';

export default function HostsPage() {
  return <HostsView />;
}
