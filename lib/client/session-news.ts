/**
 * Tells the other tabs of this browser that somebody signed in or out, and hears it from them. Says nothing of who:
 * whoever hears it asks the server. Where there is no BroadcastChannel nothing is told and nothing heard.
 */
const CHANNEL = 'pw.session';

/** To the other tabs; the one that tells does not hear it. */
export function tellSessionChanged(): void {
  if (typeof BroadcastChannel === 'undefined') return;
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('changed');
  channel.close();
}

/** Gives the way to stop listening. */
export function onSessionChanged(listener: () => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => {};
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = () => listener();
  return () => channel.close();
}
