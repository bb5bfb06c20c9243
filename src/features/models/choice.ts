// Which model should be in use: a setting wins, then what was chosen while running, then what comes with the program.
// Pure.

import type { ModelSource } from '../../core/model-source.ts';

export interface Wanted {
  /** Null: none. */
  readonly source: ModelSource | null;
  readonly decided_by: 'setting' | 'choice' | 'default';
}

export interface ModelSettings {
  readonly model: string | null;
  readonly model_dir: string | null;
  readonly onnx_file?: string | null;
  readonly url?: string | null;
}

/** Turns a kind of model off. */
export const NONE = 'none';

const named = (name: string): ModelSource | null => (name === NONE ? null : { kind: 'named', name });

/** @param fallback name of what comes with the program, null for none */
export function wantedModel(settings: ModelSettings, chosen: string | null, fallback: string | null): Wanted {
  const { model, model_dir, onnx_file = null, url = null } = settings;
  if (model_dir !== null) return { source: { kind: 'folder', dir: model_dir, onnx_file }, decided_by: 'setting' };
  if (url !== null && model !== null) return { source: { kind: 'remote', url, model }, decided_by: 'setting' };
  if (model !== null) return { source: named(model), decided_by: 'setting' };
  if (chosen !== null) return { source: named(chosen), decided_by: 'choice' };
  return { source: fallback === null ? null : named(fallback), decided_by: 'default' };
}

/** For people. */
export const nameOf = (source: ModelSource): string =>
  source.kind === 'named' ? source.name : source.kind === 'folder' ? source.dir : `${source.model} at ${source.url}`;

export const sameSource = (a: ModelSource, b: ModelSource): boolean =>
  a.kind === b.kind && nameOf(a) === nameOf(b) && (a.kind !== 'folder' || a.onnx_file === (b as typeof a).onnx_file);

/** What `embedding.active` in app_state holds: the model whose vectors are complete. */
export interface Remembered {
  readonly key: string;
  readonly source: ModelSource;
}

export function parseRemembered(text: string | undefined): Remembered | null {
  if (text === undefined) return null;
  try {
    const { key, source } = JSON.parse(text) as Remembered;
    return typeof key === 'string' && typeof source?.kind === 'string' ? { key, source } : null;
  } catch {
    return null;
  }
}
