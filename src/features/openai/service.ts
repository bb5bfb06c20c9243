// Vectors of the model in use, for programs that would else ask OpenAI.
import { othersFirst } from '../../core/event-loop.ts';
import { toBytes } from '../../core/float-bytes.ts';
import type { TokenCounter } from '../../core/ports.ts';
import type { Semantics } from '../memory/semantics.ts';
import { type Refusal, readEmbeddings } from './rules.ts';

export interface OpenAiDeps {
  semantics: Pick<Semantics, 'model' | 'embedder'>;
  counter(): Promise<TokenCounter>;
}

/** Texts between two looks at what else waits. */
const BATCH = 32;
const NO_MODEL: Refusal = {
  status: 503,
  message: 'There is no embedding model in use here: ENGRAM_EMBEDDING_MODEL names one.',
  param: null,
  code: 'no_model',
};

export function createOpenAi({ semantics, counter }: OpenAiDeps) {
  return {
    async embeddings(body: Record<string, unknown>) {
      const { model } = semantics;
      const embedder = model && semantics.embedder(model.key);
      if (!embedder) return { refusal: NO_MODEL };
      const { asked, refusal } = readEmbeddings(body, model);
      if (refusal) return { refusal };
      const data = [];
      const tokens = await counter();
      let prompt_tokens = 0;
      for (let at = 0; at < asked.texts.length; at += BATCH) {
        if (at > 0) await othersFirst();
        const texts = asked.texts.slice(at, at + BATCH);
        for (const text of texts) prompt_tokens += tokens.count(text);
        for (const vector of await embedder.embedDocuments(texts)) {
          const embedding = asked.as_base64 ? Buffer.from(toBytes(vector)).toString('base64') : [...vector];
          data.push({ object: 'embedding' as const, index: data.length, embedding });
        }
      }
      const usage = { prompt_tokens, total_tokens: prompt_tokens };
      return { answer: { object: 'list' as const, data, model: model.name, usage } };
    },

    models() {
      const { model } = semantics;
      const data = model === null ? [] : [{ id: model.name, object: 'model' as const, created: 0, owned_by: 'engram' }];
      return { object: 'list' as const, data };
    },
  };
}
export type OpenAi = ReturnType<typeof createOpenAi>;
