'use client';

/** Who acts at this page: whoever is signed in, else the name this browser was told once. */
import { useOperator } from '../browser-setting.ts';
import { useYou } from '../permissions.ts';

export type Actor = {
  /** '' when nobody has said it yet. */
  readonly name: string;
  /** The server knows the name: nobody is asked for it. */
  readonly signedIn: boolean;
  /** Keeps the name in this browser. */
  setName(name: string): void;
};

export function useActor(): Actor {
  const you = useYou();
  const [operator, setName] = useOperator();
  return { name: you?.name ?? operator, signedIn: you !== null, setName };
}
