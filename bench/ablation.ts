// What each retriever adds: recall with all of them against recall with one left out.
import type { Channel } from './channels.ts';
import type { Asked } from './conversations.ts';
import { recallAt } from './recall.ts';
import { mean, rounded } from './stats.ts';
import { percent, type Table } from './table.ts';

const K = 10;

/** Share of the gold items among the first 10; null without questions that have any. */
const recallOf = (asked: readonly Asked[], ranksOf: (one: Asked) => (number | null)[]): number | null => {
  const judged = asked.filter((one) => one.ranks.length > 0);
  return judged.length === 0 ? null : rounded(mean(judged.map((one) => recallAt({ ranks: ranksOf(one) }, K))), 4);
};

export interface Ablation {
  all: number | null;
  /** Recall without the channel. */
  without: Partial<Record<Channel, number | null>>;
}

/** By group of questions; null when nothing was left out. */
export function ablationOf(groups: Readonly<Record<string, readonly Asked[]>>): Record<string, Ablation> | null {
  const channels = new Set(
    Object.values(groups).flatMap((asked) => asked.flatMap((one) => Object.keys(one.ranks_without ?? {}) as Channel[])),
  );
  if (channels.size === 0) return null;
  const ablation = (asked: readonly Asked[]): Ablation => ({
    all: recallOf(asked, (one) => one.ranks),
    without: Object.fromEntries(
      [...channels].map((channel) => [channel, recallOf(asked, (one) => one.ranks_without?.[channel] ?? [])]),
    ),
  });
  return Object.fromEntries(Object.entries(groups).map(([name, asked]) => [name, ablation(asked)]));
}

export function ablationTables(ablations: Readonly<Record<string, Ablation>> | null): Table[] {
  if (ablations === null) return [];
  const channels = Object.keys(Object.values(ablations)[0]?.without ?? {}) as Channel[];
  const added = ({ all, without }: Ablation, channel: Channel): string => {
    const rest = without[channel] ?? null;
    if (all === null || rest === null) return '-';
    const points = rounded((all - rest) * 100, 1);
    return `${points > 0 ? '+' : ''}${points.toFixed(1)}`;
  };
  return [
    {
      title: `What each channel adds to R@${K}, in points: all of them against all but that one`,
      columns: ['', 'all', ...channels],
      rows: Object.entries(ablations).map(([name, one]) => [
        name,
        percent(one.all),
        ...channels.map((channel) => added(one, channel)),
      ]),
    },
  ];
}

export const ABLATION_MEANS = {
  ablation:
    'the same questions asked again on the same server, after all else, with the channels but one; what a channel adds is the recall with all of them less the recall without it',
};
