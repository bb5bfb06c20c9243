// Settings that are right one by one and wrong together.
import { isLoopback } from './kinds.ts';
import type { Values } from './settings.ts';

/** What is wrong only in combination, and only for a server. */
export function conflicts(values: Values): string[] {
  const problems: string[] = [];
  if (values.open_access && !values.allow_open_access_in_release && !isLoopback(values.host))
    problems.push(
      `Open access (ENGRAM_OPEN_ACCESS) would let anyone who reaches host ${values.host} read every memory; use a ` +
        'loopback host such as 127.0.0.1, or set ENGRAM_ALLOW_OPEN_ACCESS_IN_RELEASE=yes-i-am-sure.',
    );
  problems.push(...encryptionConflicts(values));
  const { 'embedding.chunk_overlap': overlap, 'embedding.chunk_chars': chars } = values;
  if (overlap !== null && chars !== null && overlap * 2 > chars)
    problems.push('ENGRAM_EMBEDDING_CHUNK_OVERLAP may be at most half of ENGRAM_EMBEDDING_CHUNK_MAX_CHARS.');
  if (values['embedding.url'] !== null && values['embedding.model_dir'] !== null)
    problems.push('ENGRAM_EMBEDDING_URL and ENGRAM_EMBEDDING_MODEL_DIR are both set: keep the one that shall embed.');
  if (values['embedding.url'] !== null && values['embedding.model'] === null)
    problems.push('ENGRAM_EMBEDDING_URL is set, so ENGRAM_EMBEDDING_MODEL must name the model to ask for.');
  // The other names are known to more programs: who set one for those may not know that Engram reads it.
  if (values['llm.url'] !== null && values['llm.model'] === null)
    problems.push(
      'ENGRAM_LLM_URL (or LLM_URL, OLLAMA_URL) is set, so ENGRAM_LLM_MODEL must name the language model to ask for; ' +
        'unset the address to go without one.',
    );
  return problems;
}

function encryptionConflicts(values: Values): string[] {
  const problems: string[] = [];
  const { 'encryption.mode': mode, 'encryption.key': key, 'encryption.recovery_key': recovery_key } = values;
  if (mode === 'env' && key === null && recovery_key === null)
    problems.push('ENGRAM_ENCRYPTION_MODE is env, so ENGRAM_DB_KEY must hold the key: 64 hex digits.');
  // Somebody who sets a key believes in an encrypted database; opening a plain one would be a silent betrayal.
  if (mode === 'none' && key !== null)
    problems.push(
      'ENGRAM_DB_KEY is set but ENGRAM_ENCRYPTION_MODE is none: set the mode to env, or take the key away.',
    );
  if (mode === 'none' && (values['encryption.passphrase'] ?? values['encryption.passphrase_file']) !== null)
    problems.push(
      'A passphrase for the store is set but ENGRAM_ENCRYPTION_MODE is none: set the mode to passphrase, or take the passphrase away.',
    );
  if (values['encryption.passphrase'] !== null && values['encryption.passphrase_file'] !== null)
    problems.push('ENGRAM_DB_PASSPHRASE and ENGRAM_DB_PASSPHRASE_FILE are both set: keep one.');
  if (mode !== 'none' && values.database_url !== null)
    problems.push(
      'ENGRAM_ENCRYPTION_MODE encrypts the embedded store, but ENGRAM_DATABASE_URL names a PostgreSQL server: encrypt the disk of that server, and set the mode to none.',
    );
  return problems;
}
