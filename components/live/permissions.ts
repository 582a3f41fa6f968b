'use client';

/**
 * What the person at this page may do, for what pages offer; the server decides. Until it has said who asks,
 * nothing is offered that it might refuse.
 */
import { mayActAs, type Role, type SignedInUser } from '@/lib/protocol/account.ts';
import { useAbout } from './about.tsx';

function useMay(needed: Role): boolean {
  const about = useAbout();
  if (about === null) return false;
  return about.auth === 'none' || (about.you !== null && mayActAs(about.you.role, needed));
}

/** Acknowledge, name hosts, remove them: operators and above, and everyone with AUTH=none. */
export function useMayAct(): boolean {
  return useMay('operator');
}

/** Change users and what holds for everyone: administrators, and everyone with AUTH=none. */
export function useIsAdministrator(): boolean {
  return useMay('administrator');
}

/** Whether an acknowledgement without a comment is refused here. */
export function useCommentRequired(): boolean {
  return useAbout()?.settings.commentRequired ?? false;
}

/** Who is signed in; null with AUTH=none, and until the server has answered. */
export function useYou(): SignedInUser | null {
  return useAbout()?.you ?? null;
}
