// Question and text as one row of token ids, joined the way the tokenizer of a cross-encoder says:
// `<s> q </s></s> t </s>` (XLM-RoBERTa), `[CLS] q [SEP] t [SEP]` (BERT, ModernBERT), or whatever else it was trained on.
import { join } from 'node:path';
import type { Tokenizer } from '@huggingface/tokenizers';
import { ModelError, type ModelFiles, textIds } from './model-folder.ts';
import type { TokenRow } from './session.ts';

export interface PairEncoder {
  /** Joins a text to the question: special tokens included, never longer than `max_seq`. */
  asked(query: string): (text: string) => TokenRow;
}

/** The question gets at most this share of a row; the text fills the rest. */
const QUERY_SHARE = 1 / 3;
/** Stand for the two texts while the tokenizer joins them; no tokenizer has them as tokens. */
const [QUERY, TEXT] = ['\uE000query', '\uE000text'];

export function pairEncoder({ dir, tokenizer, max_seq }: Pick<ModelFiles, 'dir' | 'tokenizer' | 'max_seq'>) {
  const pattern = patternOf(tokenizer, join(dir, 'tokenizer.json'));
  const room = max_seq - pattern.filter(({ id }) => id !== null).length;
  const query_room = Math.floor(room * QUERY_SHARE);
  if (query_room < 1) throw new ModelError(`max_seq ${max_seq} leaves no room for two texts: set it to 64 or more.`);
  const { beginning } = textIds(tokenizer);

  function joined(query: readonly number[], text: readonly number[]): TokenRow {
    const ids: number[] = [];
    const types: number[] = [];
    for (const { token, id, type } of pattern) {
      const part = id !== null ? [id] : token === QUERY ? query : text;
      for (const one of part) {
        ids.push(one);
        types.push(type);
      }
    }
    return { ids, types };
  }

  const encoder: PairEncoder = {
    asked(query) {
      const ids = beginning(query, query_room);
      return (text) => joined(ids, beginning(text, room - ids.length));
    },
  };
  return encoder;
}

interface Slot {
  token: string;
  /** Of a special token; null where one of the texts goes. */
  id: number | null;
  /** Token type of what stands here. */
  type: number;
}

/** What the post-processor makes of two marked tokens, so that its every kind is understood by the library alone. */
function patternOf(tokenizer: Tokenizer, file: string): Slot[] {
  const made = tokenizer.post_processor?.post_process([QUERY], [TEXT], true);
  const pattern = (made?.tokens ?? []).map((token, place): Slot => {
    const id = token === QUERY || token === TEXT ? null : (tokenizer.token_to_id(token) ?? -1);
    return { token, id, type: made?.token_type_ids?.[place] ?? 0 };
  });
  const [query, text] = [QUERY, TEXT].map((marker) => pattern.filter(({ token }) => token === marker).length);
  if (query !== 1 || text !== 1) {
    throw new ModelError(
      `${file} does not say how two texts are joined (post_processor): use the tokenizer.json of a cross-encoder, exported with the model.`,
    );
  }
  const unknown = pattern.find(({ id }) => id === -1);
  if (unknown) {
    throw new ModelError(
      `${file} joins two texts with "${unknown.token}", which is not in its vocabulary: copy the file again from where the model was exported.`,
    );
  }
  return pattern;
}
