// What this build makes of the settings: where its native parts go, and which wishes it cannot meet.
import { type Config, ConfigError, changed, explain } from './config.ts';
import { keepNativePartsIn, type Surroundings } from './platform/native/folders.ts';
import { isLeftOut, leftOut } from './platform/native/load.ts';

/** @throws ConfigError when somebody asked for what was left out; what nobody asked for is done without */
export function ofThisBuild(config: Config, user: Omit<Surroundings, 'data_dir'>): Config {
  keepNativePartsIn({ ...user, data_dir: config.data_dir });
  if (!config.vectors.use_lance || !isLeftOut('lancedb')) return config;
  const asked = explain(config).find(({ name }) => name === 'vectors.use_lance');
  if (asked?.source !== 'default') throw new ConfigError([leftOut('lancedb')]);
  return changed(config, { vectors: { ...config.vectors, use_lance: false } });
}
