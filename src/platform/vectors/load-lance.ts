// LanceDB, loaded when first needed: its native part is large, and has no build for every platform.
import { ready } from '../native/load.ts';

/** @throws NativeError when this build goes without LanceDB */
export async function loadLance(): Promise<typeof import('./lance.ts')> {
  await ready('lancedb');
  return import('./lance.ts');
}
