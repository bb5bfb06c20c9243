// Which episode a new memory belongs to.
import { AppError } from '../../core/errors.ts';
import type { EpisodeStore } from '../episodes/store.ts';
import type { StoreRequest } from './contract.ts';
import type { NewMemory } from './rules.ts';

/** What placing a memory asks of the store of episodes. */
export type EpisodePlaces = Pick<EpisodeStore, 'byId' | 'inSession'>;

/**
 * The episode that was named, else the open one of its session, which is begun when there is none. Inside a unit that
 * holds the user's lock, so that a session begins one episode only.
 * @throws AppError episode_not_found
 */
export async function episodeFor(
  episodes: EpisodePlaces,
  row: Pick<NewMemory, 'user_id' | 'session_id' | 'source' | 'created_at'>,
  request: Pick<StoreRequest, 'episode_id' | 'episode'>,
): Promise<number | null> {
  const { episode_id } = request;
  if (episode_id != null) {
    if (await episodes.byId(row.user_id, episode_id)) return episode_id;
    throw new AppError('episode_not_found', `There is no episode ${episode_id}. GET /episodes lists yours.`);
  }
  if (row.session_id === null || !request.episode) return null;
  return episodes.inSession(row.user_id, row.session_id, row.source, row.created_at);
}
