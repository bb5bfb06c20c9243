// What a text tells about a person, as data.

export const SIGNAL_TYPES = ['preference', 'value', 'motivation', 'decision', 'emotion', 'identity'] as const;
export type SignalType = (typeof SIGNAL_TYPES)[number];

/** The subject of what is said in the first person, or about "the user". */
export const THE_USER = 'user';

export interface Signal {
  readonly type: SignalType;
  /** Whose: `user`, or a name as written. */
  readonly subject: string;
  /** -1: against it, or not so. */
  readonly polarity: 1 | -1;
  /** What it is about, in the words of the text. */
  readonly topic: string;
  /** 0..1, two decimals. */
  readonly intensity: number;
  /** The sentence that says so. */
  readonly evidence: string;
  /** Where that sentence begins in the text, UTF-16. */
  readonly at: number;
}
