// In which manner a server can be asked: servers of the same protocol take different fields. What is refused is left out
// or put in other words, and what worked is asked first the next time, as long as the program runs.
import { LlmError } from './llm-error.ts';
import type { Completion, Message, Transport } from './transport.ts';

/** How the answer is described, from the surest to what everybody takes; the schema is in the prompt in any case. */
const FORMATS = ['json_schema', 'json_object', 'plain'] as const;
type Format = (typeof FORMATS)[number];

export interface Wish {
  name: string;
  schema: object;
  strict: boolean;
  max_tokens: number;
  temperature: number;
}

/** @throws LlmError, `refused` only when no manner is left */
export type Asker = (messages: readonly Message[], wish: Wish, signal: AbortSignal) => Promise<Completion>;

export function createAsker(transport: Transport): Asker {
  /** By name: a server may take some schemas and not others. */
  const formats = new Map<string, Format>();
  const fields = { limit: 'max_tokens' as 'max_tokens' | 'max_completion_tokens', temperature: true };

  return async (messages, wish, signal) => {
    let format = formats.get(wish.name) ?? FORMATS[0];
    // Decided anew for each request: another one may learn at the same time.
    const own = { ...fields };
    for (;;) {
      try {
        const body = {
          [own.limit]: wish.max_tokens,
          ...(own.temperature && { temperature: wish.temperature }),
          ...formatField(format, wish),
        };
        const completion = await transport(messages, body, signal);
        formats.set(wish.name, format);
        Object.assign(fields, own);
        return completion;
      } catch (error) {
        if (!(error instanceof LlmError) || error.details.trouble !== 'refused') throw error;
        const words = error.details.words ?? '';
        const next = FORMATS[FORMATS.indexOf(format) + 1];
        if (own.limit === 'max_tokens' && /max_completion_tokens/.test(words)) own.limit = 'max_completion_tokens';
        else if (own.temperature && /temperature/.test(words)) own.temperature = false;
        else if (next !== undefined) format = next;
        else throw error;
      }
    }
  };
}

function formatField(format: Format, { name, schema, strict }: Wish): object {
  if (format === 'plain') return {};
  if (format === 'json_object') return { response_format: { type: 'json_object' } };
  return { response_format: { type: 'json_schema', json_schema: { name, schema, strict } } };
}
