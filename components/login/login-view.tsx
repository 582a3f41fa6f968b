'use client';

/**
 * The sign-in page: asks the server once what is wanted here, and nothing else of it before somebody is in. Has no
 * live connection; goes on by loading the next page anew, so that everything there starts as the one who signed in.
 */
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { createAccountClient } from '@/lib/client/account-client.ts';
import { ApiError, createApiClient } from '@/lib/client/api-client.ts';
import { tellSessionChanged } from '@/lib/client/session-news.ts';
import type { SessionInfo } from '@/lib/protocol/account.ts';
import { useTranslations } from '../i18n/language.ts';
import { Button, LinkButton } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { LoginCard } from './login-card.tsx';
import { nextPathOf } from './next-path.ts';
import { SetupForm } from './setup-form.tsx';
import { SignInForm } from './sign-in-form.tsx';

/** Whoever is signed in already goes on; a browser that shows a page from its memory (Back) asks again. */
function useSession() {
  const [account] = useState(() => createAccountClient(createApiClient()));
  const [session, setSession] = useState<SessionInfo | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [times, setTimes] = useState(0);
  const again = useCallback(() => setTimes((before) => before + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies(times): counts how often it was asked for.
  useEffect(() => {
    const abort = new AbortController();
    setError(null);
    account.session(abort.signal).then(setSession, (why: unknown) => {
      if (!abort.signal.aborted) setError(why);
    });
    return () => abort.abort();
  }, [account, times]);
  useEffect(() => {
    const shown = (event: PageTransitionEvent): void => {
      if (event.persisted) again();
    };
    window.addEventListener('pageshow', shown);
    return () => window.removeEventListener('pageshow', shown);
  }, [again]);
  return { account, session, setSession, error, again };
}

function Unreachable({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const t = useTranslations('login');
  const answered = error instanceof ApiError && error.code !== 'network';
  return (
    <Notice
      tone="danger"
      live
      title={answered ? undefined : t('unreachableTitle')}
      actions={<Button onClick={onRetry}>{t('retry')}</Button>}
    >
      <p>{answered ? t('notUnderstood', { detail: error.detail }) : t('unreachable')}</p>
    </Notice>
  );
}

/** Over plain http from another machine. */
function useIsInsecure(): boolean {
  const [insecure, setInsecure] = useState(false);
  useEffect(() => setInsecure(!window.isSecureContext), []);
  return insecure;
}

export function LoginView({ next }: { next: string | undefined }) {
  const t = useTranslations('login');
  const { account, session, setSession, error, again } = useSession();
  const insecure = useIsInsecure();
  const user = session?.user ?? null;
  useEffect(() => {
    if (user !== null) window.location.replace(nextPathOf(next));
  }, [user, next]);
  const onIn = (answer: SessionInfo): void => {
    tellSessionChanged();
    setSession(answer);
  };

  const face = (title: string, content: ReactNode) => (
    <>
      <title>{t('documentTitle')}</title>
      <link rel="icon" type="image/svg+xml" href="/icon.svg" />
      <LoginCard title={title}>{content}</LoginCard>
    </>
  );
  if (error !== null) return face(t('title'), <Unreachable error={error} onRetry={again} />);
  if (session === null || user !== null) {
    return face(
      t('title'),
      <p role="status" className="text-sm text-muted">
        {user === null ? t('loading') : t('goingOn')}
      </p>,
    );
  }
  if (session.auth === 'none') {
    return face(
      t('none.title'),
      <>
        <p className="text-sm">{t('none.text')}</p>
        <LinkButton href="/" tone="primary">
          {t('none.home')}
        </LinkButton>
      </>,
    );
  }
  const warning = insecure ? (
    <Notice tone="warning">
      <p>{t('insecure')}</p>
    </Notice>
  ) : null;
  if (session.setupNeeded) {
    return face(
      t('setup.title'),
      <>
        {warning}
        <SetupForm account={account} onIn={onIn} onDone={again} />
      </>,
    );
  }
  return face(
    t('title'),
    <>
      {warning}
      <SignInForm account={account} onIn={onIn} />
    </>,
  );
}
