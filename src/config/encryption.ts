// The settings of encryption: what they end up as, and what they mean for others.
import { join } from 'node:path';
import type { Secret } from './secret.ts';
import type { SettingName, Values } from './settings.ts';

/** What the mode needs and has no other way to get is present whenever the role is `server`. */
export interface EncryptionSettings {
  readonly mode: 'none' | 'keyfile' | 'env' | 'yubikey' | 'passphrase';
  readonly key: Secret | null;
  readonly key_file: string;
  readonly passphrase: Secret | null;
  readonly passphrase_file: string | null;
  readonly new_passphrase: Secret | null;
  readonly recovery_key: Secret | null;
  /** Seconds. */
  readonly yubikey_timeout: number;
}

/**
 * Fills in what other settings and the environment decide.
 * @param absolute makes a path absolute, from where the program was started
 */
export function settleEncryption(
  values: Values,
  sources: Map<SettingName, string>,
  configHome: string | undefined,
  absolute: (path: string) => string,
): void {
  const folder = configHome?.trim() || '~/.config';
  values['encryption.key_file'] = absolute(values['encryption.key_file'] ?? join(folder, 'engram', 'dbkey'));
  const { 'encryption.passphrase_file': file } = values;
  values['encryption.passphrase_file'] = file === null ? null : absolute(file);
  // LanceDB writes vectors as they are, and a vector gives much of its text away.
  if (values['encryption.mode'] === 'none' || !values['vectors.use_lance']) return;
  values['vectors.use_lance'] = false;
  sources.set('vectors.use_lance', 'off because the store is encrypted');
}

export const encryptionOf = (v: Values): EncryptionSettings => ({
  mode: v['encryption.mode'],
  key: v['encryption.key'],
  key_file: v['encryption.key_file'] as string,
  passphrase: v['encryption.passphrase'],
  passphrase_file: v['encryption.passphrase_file'],
  new_passphrase: v['encryption.new_passphrase'],
  recovery_key: v['encryption.recovery_key'],
  yubikey_timeout: v['encryption.yubikey_timeout'],
});
