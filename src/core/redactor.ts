// Takes secrets out of what is about to be stored.
import type { Redacted } from '../algo/secrets/redact.ts';

export interface Redactor {
  /** Of a text that goes into a space; its owner may have turned redaction off there. */
  inSpace(user_id: number, space_id: number | null, text: string): Promise<Redacted>;
  /** Of a text that is in no space. */
  plain(text: string): string;
  /** Of what was said in a conversation. */
  message(text: string): string;
}
