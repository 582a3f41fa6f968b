import { LoginView } from '@/components/login/login-view.tsx';

/** `?next=`: where to go afterwards; the view follows paths of this server alone. */
export default async function LoginPage({
  searchParams,
}: {
  searchParams: Promise<{ readonly next?: string | readonly string[] }>;
}) {
  const { next } = await searchParams;
  return <LoginView next={typeof next === 'string' ? next : undefined} />;
}
