/** Owns the pages people go to, in their order, with the key that follows `g`. */
import {
  ArrowsBothWays,
  Bell,
  CirclePlus,
  History,
  type Icon,
  LayoutDashboard,
  Server,
  Settings,
} from '../ui/icons.tsx';

export type NavKey = 'overview' | 'hosts' | 'alerts' | 'events' | 'transports' | 'add' | 'settings';
export type NavItem = {
  readonly key: NavKey;
  readonly href: string;
  readonly icon: Icon;
  /** The key after `g`; null: no shortcut. */
  readonly chord: string | null;
};

export const NAV_ITEMS: readonly NavItem[] = [
  { key: 'overview', href: '/', icon: LayoutDashboard, chord: 'o' },
  { key: 'hosts', href: '/hosts', icon: Server, chord: 'h' },
  { key: 'alerts', href: '/alerts', icon: Bell, chord: 'a' },
  { key: 'events', href: '/events', icon: History, chord: 'e' },
  { key: 'transports', href: '/transports', icon: ArrowsBothWays, chord: 't' },
  { key: 'add', href: '/add', icon: CirclePlus, chord: null },
  { key: 'settings', href: '/settings', icon: Settings, chord: 's' },
];

/** Is a page with this path inside the item? */
export function isInside(item: NavItem, pathname: string): boolean {
  return item.href === '/'
    ? pathname === '/'
    : pathname === item.href || pathname.startsWith(`${item.href}/`);
}
