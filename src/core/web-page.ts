// Reading a page of the web that a user named. platform/web/ implements it.

export interface WebPage {
  /** Where it was found, after redirects. */
  readonly url: string;
  readonly content_type: string | null;
  readonly bytes: Uint8Array;
}

/** The address may not be read, or nobody answered as they should. */
export class PageFailure extends Error {
  /** `refused`: nothing was asked. `failed`: no answer, or not the one that was asked for. */
  readonly kind: 'refused' | 'failed';
  constructor(kind: 'refused' | 'failed', message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'PageFailure';
    this.kind = kind;
  }
}

/** @throws PageFailure */
export type ReadPage = (url: string) => Promise<WebPage>;
