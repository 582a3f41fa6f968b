import { EventsView } from '@/components/events/events-view.tsx';

export default function EventsPage() {
  return <EventsView />;
}
