import { AddView } from '@/components/add/add-view.tsx';

export default function AddPage() {
  return <AddView />;
}
