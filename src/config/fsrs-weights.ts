// How the weights of the forgetting curve are written in settings.
import { weightsProblem } from '../algo/fsrs.ts';
import type { Kind } from './kinds.ts';

const NUMBER = /^(?:\d+\.?\d*|\.\d+)$/;

export const fsrsWeights: Kind<readonly number[]> = {
  allowed: '21 numbers by commas',
  placeholder: 'list',
  list: true,
  read(raw) {
    if (typeof raw === 'number' || typeof raw === 'boolean') return { refused: null };
    const parts = (typeof raw === 'string' ? raw.split(',') : raw).map((part) => part.trim());
    if (!parts.every((part) => NUMBER.test(part))) return { refused: null };
    const value = parts.map(Number);
    const refused = weightsProblem(value);
    return refused === null ? { value } : { refused };
  },
};
