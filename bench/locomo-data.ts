// LoCoMo in the two shapes it comes in: the original locomo10.json, and our halves of it.
import { formatTime } from '../src/core/clock.ts';
import type { Conversation, Item } from './conversations.ts';
import { BenchError } from './options.ts';
import { evidenceIds } from './recall.ts';

export const CATEGORIES = ['multi-hop', 'temporal', 'open-domain', 'single-hop', 'adversarial'] as const;

interface Turn {
  dia_id: string;
  speaker: string;
  text: string;
  image_caption?: string;
  blip_caption?: string;
}
interface Session {
  session: number;
  date_time: string;
  turns: Turn[];
}
interface Asking {
  question: string;
  evidence?: string[];
  category: number;
}
interface Ours {
  sample_id: string;
  sessions: Session[];
  qa: Asking[];
}
interface Original {
  sample_id?: string;
  conversation: Record<string, unknown>;
  qa: Asking[];
}

const MONTHS = 'january february march april may june july august september october november december'.split(' ');

/** @returns epoch milliseconds of e.g. "1:56 pm on 8 May, 2023", taken as UTC; null when it reads otherwise */
export function sessionTime(text: string): number | null {
  const match = /^(\d{1,2}):(\d{2}) ?([ap])m on (\d{1,2}) ([a-z]+),? (\d{4})$/i.exec(text.trim());
  if (!match) return null;
  const [, hour, minute, half, day, month, year] = match;
  const at = MONTHS.indexOf(month!.toLowerCase());
  const hours = (Number(hour) % 12) + (half!.toLowerCase() === 'p' ? 12 : 0);
  return at < 0 ? null : Date.UTC(Number(year), at, Number(day), hours, Number(minute));
}

function sessionsOf(conversation: Record<string, unknown>): Session[] {
  return Object.entries(conversation)
    .flatMap(([key, turns]): Session[] => {
      const number = /^session_(\d+)$/.exec(key)?.[1];
      if (!number || !Array.isArray(turns)) return [];
      const date_time = String(conversation[`session_${number}_date_time`] ?? '');
      return [{ session: Number(number), date_time, turns: turns as Turn[] }];
    })
    .sort((a, b) => a.session - b.session);
}

function itemsOf(id: string, { session, date_time, turns }: Session): Item[] {
  const start = sessionTime(date_time);
  return turns.map(({ dia_id, speaker, text, image_caption, blip_caption }, i) => {
    const caption = image_caption ?? blip_caption;
    return {
      key: dia_id,
      content: `${speaker}: ${text}${caption ? ` [shares ${caption}]` : ''}`,
      session_id: `${id}/${session}`,
      occurred_at: start === null ? null : formatTime(start + i * 1000),
    };
  });
}

export function readLocomo(json: string): Conversation[] {
  const samples = JSON.parse(json) as (Ours | Original)[];
  if (!Array.isArray(samples)) throw new BenchError('This is not LoCoMo: a list of conversations was expected.');
  return samples.map((sample, i) => {
    const id = sample.sample_id ?? `conversation-${i + 1}`;
    const sessions = 'sessions' in sample ? sample.sessions : sessionsOf(sample.conversation ?? {});
    const items = sessions.flatMap((session) => itemsOf(id, session));
    if (items.length === 0) throw new BenchError(`LoCoMo conversation ${id} has no turns.`);
    const known = new Set(items.map((item) => item.key));
    const questions = sample.qa.map(({ question, evidence = [], category }) => ({
      question,
      group: String(category),
      gold: evidenceIds(evidence, known),
    }));
    return { id, items, questions };
  });
}
