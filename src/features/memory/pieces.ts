// A memory as the pieces that are embedded: a vector each, with where the piece stands.
import { type Piece, pieces } from '../../algo/chunks.ts';
import { AppError } from '../../core/errors.ts';
import type { Embedder } from '../../core/ports.ts';
import type { StoredVector } from './vector-store.ts';

/** Characters of one piece, characters shared by neighbours, pieces of one text. Null: as suits the model. */
export interface PieceSettings {
  readonly chars: number | null;
  readonly overlap: number | null;
  readonly max: number;
}

/** Adding up the words of a text blurs it soon; a network reads some hundred tokens as one. */
const CHARS = { lookup: 400, network: 1440 } as const;
const OVERLAP_SHARE = 1 / 9;

/** A text up to this long is one piece. */
export const pieceChars = ({ cost }: Embedder, { chars }: PieceSettings): number => chars ?? CHARS[cost];

function piecesOf(text: string, embedder: Embedder, size: PieceSettings): Piece[] {
  const { overlap, max } = size;
  const most = pieceChars(embedder, size);
  return pieces(text, { chars: most, overlap: overlap ?? Math.floor(most * OVERLAP_SHARE), max });
}

/** Every piece of one text as the vectors of one model. */
export interface Embedded {
  /** `ModelIdentity.key`. */
  readonly model: string;
  readonly parts: readonly Omit<StoredVector, 'memory_id' | 'user_id' | 'content_hash'>[];
}

/** The rows for a memory. */
export const recordsOf = (
  { parts }: Embedded,
  memory: { memory_id: number; user_id: number; content_hash: string },
): StoredVector[] => parts.map((part) => ({ ...memory, ...part }));

/**
 * All texts in one call of the model, so that it can fill its batches.
 * @throws what the model throws
 */
export async function embedTexts(
  embedder: Embedder,
  texts: readonly string[],
  size: PieceSettings,
): Promise<Embedded[]> {
  const spans = texts.map((text) => piecesOf(text, embedder, size));
  const vectors = await embedder.embedDocuments(
    texts.flatMap((text, at) => spans[at]!.map(({ start, end }) => text.slice(start, end))),
  );
  let next = 0;
  return spans.map((own) => ({
    model: embedder.identity.key,
    parts: own.map(({ start, end }, part) => ({ part, span_start: start, span_end: end, vector: vectors[next++]! })),
  }));
}

/** Pieces of a text. */
export const countPieces = (text: string, embedder: Embedder, size: PieceSettings): number =>
  piecesOf(text, embedder, size).length;

/** A vector that came with the memory stands for all of it. */
export function givenVector(values: readonly number[], text: string, { identity }: Embedder): Embedded {
  if (values.length !== identity.dims) {
    throw new AppError(
      'invalid_request',
      `embedding has ${values.length} numbers; the model in use has ${identity.dims}. Leave it out to have the text embedded here.`,
    );
  }
  const norm = Math.hypot(...values);
  if (!Number.isFinite(norm) || norm === 0)
    throw new AppError('invalid_request', 'embedding must hold finite numbers, not all zero.');
  const vector = Float32Array.from(values, (v) => v / norm);
  return { model: identity.key, parts: [{ part: 0, span_start: 0, span_end: text.length, vector }] };
}
