import { TransportsView } from '@/components/transports/transports-view.tsx';

export default function TransportsPage() {
  return <TransportsView />;
}
