// Sending news to an address that a user gave. platform/webhooks/ implements it.

export interface Delivery {
  readonly url: string;
  /** Signs the body; null: it goes out unsigned. */
  readonly secret: string | null;
  readonly event: string;
  readonly data: unknown;
}

/** What the receiver answered. */
export interface Delivered {
  readonly status: number;
  readonly latency_ms: number;
}

/** Nobody took it: no such host, no answer in time, or an answer that is no 2xx. */
export class WebhookFailure extends Error {
  /** Null when there was no answer. */
  readonly status: number | null;
  constructor(message: string, status: number | null, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WebhookFailure';
    this.status = status;
  }
}

export interface WebhookSender {
  /** One sentence that says why an address may not be used; null when it may. Looks its host up. */
  refusal(url: string): Promise<string | null>;
  /** One try. @throws WebhookFailure */
  send(delivery: Delivery): Promise<Delivered>;
}
