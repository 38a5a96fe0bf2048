/**
 * Sees to it that the page is cross-origin isolated, without which there is no shared memory: registers a service worker
 * that adds the headers, and reloads the page once. Nothing happens if the page is isolated already.
 *
 * @param script The address of `isolate-worker.js`, which has to stand beside the page or above it; by default beside it.
 */
export function isolate(script?: string | URL): Promise<void>;
