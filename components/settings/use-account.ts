'use client';

/** The calls about people, over the page's own API client: an answer that nobody is signed in reaches its connection. */
import { useState } from 'react';
import { type AccountClient, createAccountClient } from '@/lib/client/account-client.ts';
import { useLiveHandle } from '@/lib/client/use-live.ts';

export function useAccount(): AccountClient {
  const { api } = useLiveHandle();
  return useState(() => createAccountClient(api))[0];
}
