// What can go wrong with a language model, told twice: in full for the log, and without addresses for whoever asked.

/**
 * `passing`: may work the next time. `refused`: the request as it was asked; asked in another way it may work. `unfit`:
 * this text cannot be answered, others can. `lasting`: somebody has to mend something.
 */
export type Trouble = 'passing' | 'refused' | 'unfit' | 'lasting';

interface Details {
  trouble: Trouble;
  /** Completes "The language model … "; goes to people who may not know where it runs. */
  brief: string;
  /** What the server asks to wait. */
  retry_after_ms?: number;
  /** What the server said, for telling refusals apart; may quote what was sent, so it is never shown. */
  words?: string;
  /** The request was on its way, so its tokens may have been paid for. */
  sent?: boolean;
  cause?: unknown;
}

export class LlmError extends Error {
  readonly details: Details;
  /** @param message a sentence that names the setting and says what to do */
  constructor(message: string, details: Details) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LlmError';
    this.details = details;
  }
}
