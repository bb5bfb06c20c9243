// Which retrievers a search uses, as `POST /search` names them.
import { BenchError, type Chosen, type Option } from './options.ts';

export const CHANNELS = ['lexical', 'vector', 'personality', 'graph'] as const;
export type Channel = (typeof CHANNELS)[number];

export const CHANNELS_OPTION: Option = {
  name: 'channels',
  kind: 'texts',
  fallback: null,
  help: `search with only these of ${CHANNELS.join(', ')} (default: all, and the vectors alone beside them)`,
};

export const ABLATE_OPTION: Option = {
  name: 'ablate',
  kind: 'flag',
  fallback: null,
  help: 'ask everything again with each channel left out: what it adds is the difference',
};

/** @returns null when none were chosen: the server then uses all it has */
export function channelsOf(chosen: Chosen): Channel[] | null {
  const names = chosen.texts('channels');
  const unknown = names?.find((name) => !CHANNELS.some((channel) => channel === name));
  if (unknown) throw new BenchError(`--channels: there is no "${unknown}"; there are ${CHANNELS.join(', ')}.`);
  return names as Channel[] | null;
}
