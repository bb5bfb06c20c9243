// Where a language model is asked, from whatever address of its server somebody has at hand.

/** Doors beside the one that is used, as people copy them from manuals: Ollama's own, and other ones of OpenAI's. */
const OTHER_DOORS = /\/(?:api(?:\/(?:generate|chat|tags))?|chat|completions|responses|models|embeddings)$/;
/** Below these the doors lie: /v1, and what some hosts call their compatible part, such as /v1beta/openai. */
const VERSIONED = /\/(?:v\d+\w*|openai)$/;

/**
 * The address of chat completions, which OpenAI, Ollama, vLLM, llama.cpp and most others answer.
 * @param url http(s) without query: a server, its /v1, or any of the doors there
 */
export function chatAddress(url: string): string {
  const bare = url.replace(/\/+$/, '');
  if (bare.endsWith('/chat/completions')) return bare;
  const base = bare.replace(OTHER_DOORS, '');
  return VERSIONED.test(base) ? `${base}/chat/completions` : `${base}/v1/chat/completions`;
}
