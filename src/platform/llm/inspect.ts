// Whether the language model of the settings answers, for engram doctor: asked once, a few tokens.
import { LlmError } from './llm-error.ts';
import { createAsker } from './manner.ts';
import { type LlmSettings, serverOf } from './open.ts';
import { createTransport } from './transport.ts';

export type LlmFacts = { readonly name: string; readonly address: string } | { readonly problem: string };

/** @returns null when the settings name none */
export async function inspectLlm(settings: LlmSettings): Promise<LlmFacts | null> {
  const server = serverOf(settings);
  if (server === null) return null;
  const { address, model, patience_ms } = server;
  const ask = createAsker(createTransport({ ...server, now: Date.now }));
  const wish = { name: 'probe', schema: SCHEMA, strict: true, max_tokens: 16, temperature: 0 };
  try {
    await ask(
      [{ role: 'user', content: 'Answer with the JSON object {"ok":true}.' }],
      wish,
      AbortSignal.timeout(patience_ms.soon),
    );
    return { name: model, address };
  } catch (error) {
    if (error instanceof LlmError) return { problem: error.message };
    if ((error as Error).name !== 'TimeoutError') throw error;
    const seconds = patience_ms.soon / 1000;
    return { problem: `${address} (ENGRAM_LLM_URL) gave no answer within ${seconds} seconds.` };
  }
}

const SCHEMA = {
  type: 'object',
  properties: { ok: { type: 'boolean' } },
  required: ['ok'],
  additionalProperties: false,
};
