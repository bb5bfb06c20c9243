// Files below /memories, each of them a memory. Every edit is a new version of the memory, which only succeeds on the
// version that was read: nobody's edit is lost, and one that came too late is made again on what is there now.
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { StoreRequest, UpdateRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { Trash } from '../trash/service.ts';
import { ancestorsOf, type Edit, keptOf, ROOT, readPath, textOf } from './rules.ts';
import type { LivingFile, MemoryFileStore, Place } from './store.ts';

export interface MemoryFilesDeps {
  read: { memoryFiles: MemoryFileStore; memories: Pick<MemoryStore, 'byId' | 'byIds'> };
  atomically: Atomically<{ memoryFiles: MemoryFileStore; lockUser(user_id: number): Promise<void> }>;
  memory: Pick<MemoryService, 'store' | 'update' | 'forget'>;
  trash: Pick<Trash, 'erase'>;
  clock: Clock;
  ids: Ids;
}

/** How such memories are labelled. */
export const CATEGORY = 'memory-file';
export const SOURCE = 'memory-tool';
const REASON = 'memory file deleted';
/** So often an edit is made again because somebody else was quicker. */
const ATTEMPTS = 8;

/** What became of a text on its way in. */
export interface Taken {
  redacted: readonly { kind: string; count: number }[];
  quarantined: boolean;
}

export const notThere = (path: string, advice = '') =>
  new AppError('file_not_found', `The path ${path} does not exist${advice}`);
export const PLEASE = '. Please provide a valid path.';

const isHeld = (file: LivingFile): boolean => file.memory_status === 'pending';
const shown = (file: LivingFile, size = file.size) => ({
  path: file.path,
  size,
  memory_id: file.memory_id,
  version: file.memory_version,
  held: isHeld(file),
  updated_at: file.memory_created_at,
});
export type FileWithText = ReturnType<typeof shown> & { text: string };
const bytes = (text: string): number => new TextEncoder().encode(text).length;

export function createMemoryFiles({ read, atomically, memory, trash, clock, ids }: MemoryFilesDeps) {
  const now = () => formatTime(clock.now());
  const placeOf = ({ user_id, space_id, default_space_id }: Scope): Place => ({
    user_id,
    space_id: space_id ?? default_space_id ?? 0,
  });

  function pathOf(given: string): string {
    const { path, problem } = readPath(given);
    if (path === undefined) throw new AppError('invalid_request', problem);
    return path;
  }
  function filePathOf(given: string): string {
    const path = pathOf(given);
    if (path === ROOT || given.endsWith('/')) throw new AppError('invalid_request', `The path ${given} is not a file.`);
    return path;
  }

  async function textIn(file: LivingFile): Promise<string> {
    if (isHeld(file))
      throw new AppError(
        'file_not_found',
        `The file ${file.path} waits in the inbox for a person to look at it; it can be read once it is approved.`,
      );
    const row = await read.memories.byId(file.user_id, file.memory_id);
    if (!row) throw notThere(file.path, PLEASE);
    return textOf(file, row);
  }

  /** @throws AppError when the path is taken: by a file, by a directory, or because something it would lie in is a file */
  async function mustBeFree(files: MemoryFileStore, place: Place, path: string, at: string, taken: string) {
    const inTheWay = await files.among(place, [path, ...ancestorsOf(path)], at);
    const file = inTheWay.find((one) => one.path !== path);
    if (file) throw new AppError('file_exists', `${file.path} is a file, so nothing can lie below it`);
    if (inTheWay.length > 0 || (await files.below(place, path, at)).length > 0)
      throw new AppError('file_exists', taken);
  }

  async function create(scope: Scope, path: string, text: string): Promise<Taken> {
    const place = placeOf(scope);
    const taken = `File ${path} already exists`;
    await mustBeFree(read.memoryFiles, place, path, now(), taken);
    const kept = keptOf(text);
    const key = `memory-file:${ids.uuid()}`;
    const stored = await memory.store(
      scope,
      StoreRequest.parse({
        content: kept.content,
        category: CATEGORY,
        source: SOURCE,
        origin: 'assistant',
        session_id: key,
        episode: false,
        space_id: place.space_id || null,
      }),
    );
    try {
      const at = now();
      await atomically(async ({ memoryFiles, lockUser }) => {
        await lockUser(place.user_id);
        await mustBeFree(memoryFiles, place, path, at, taken);
        // What is left of an earlier file of this name, whose memory is in the trash.
        await memoryFiles.clear(place, path);
        const { content: _content, ...frame } = kept;
        await memoryFiles.insert({ ...place, ...frame, path, key, version: 1, created_at: at, updated_at: at });
      });
    } catch (error) {
      // Another one was quicker: what was stored for this file belongs to none.
      await trash.erase(scope, stored.id, true);
      throw error;
    }
    return stored;
  }

  /** @param change of the text as it is now; may be asked again when it changed meanwhile */
  async function edit<E extends Edit>(
    scope: Scope,
    path: string,
    change: (text: string, version: number) => E,
    missing: () => AppError,
  ): Promise<{ edit: Extract<E, { text: string }>; taken: Taken }> {
    const place = placeOf(scope);
    for (let attempt = 1; ; attempt++) {
      const file = await read.memoryFiles.at(place, path, now());
      if (!file) throw missing();
      const made = change(await textIn(file), file.memory_version) as Edit;
      if (made.problem !== undefined) throw new AppError('invalid_request', made.problem);
      const { content, ...frame } = keptOf((made as { text: string }).text);
      try {
        const row = await memory.update(scope, file.memory_id, UpdateRequest.parse({ content, origin: 'assistant' }));
        const framed = { ...frame, version: row.version, updated_at: row.created_at };
        await atomically(({ memoryFiles }) => memoryFiles.frame(place.user_id, file.id, framed));
        const taken = { redacted: row.redacted, quarantined: row.status === 'pending' };
        return { edit: made as Extract<E, { text: string }>, taken };
      } catch (error) {
        const late = error instanceof AppError && error.code === 'memory_not_found';
        if (!late || attempt === ATTEMPTS) throw error;
      }
    }
  }

  return {
    /** @returns the text of a file, or what lies in a directory */
    async look(scope: Scope, given: string) {
      const path = pathOf(given);
      const place = placeOf(scope);
      const file = path === ROOT ? undefined : await read.memoryFiles.at(place, path, now());
      if (file) return { kind: 'file' as const, path, text: await textIn(file) };
      const files = await this.list(scope, path);
      if (files.length === 0 && path !== ROOT) throw notThere(given, PLEASE);
      return { kind: 'directory' as const, path, files };
    },

    /** All below a directory, by path. */
    async list(scope: Scope, given: string) {
      const files = await read.memoryFiles.below(placeOf(scope), pathOf(given), now());
      // Changed through another door: nobody has measured them yet.
      const unmeasured = files.filter((file) => file.version !== file.memory_version);
      const rows = await read.memories.byIds(
        scope.user_id,
        unmeasured.map(({ memory_id }) => memory_id),
      );
      const byId = new Map(rows.map((row) => [row.id, row]));
      return files
        .map((file) => {
          const row = byId.get(file.memory_id);
          return shown(file, row && bytes(textOf(file, row)));
        })
        .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    },

    async read(scope: Scope, given: string): Promise<FileWithText> {
      const path = filePathOf(given);
      const file = await read.memoryFiles.at(placeOf(scope), path, now());
      if (!file) throw notThere(path, PLEASE);
      const text = await textIn(file);
      return { ...shown(file, bytes(text)), text };
    },

    create: (scope: Scope, given: string, text: string): Promise<Taken> => create(scope, filePathOf(given), text),

    edit: <E extends Edit>(
      scope: Scope,
      given: string,
      change: (text: string, version: number) => E,
      missing: () => AppError,
    ) => edit(scope, filePathOf(given), change, missing),

    /** @param version that the file must have; 0: it must not be there */
    async write(scope: Scope, given: string, text: string, version: number | null): Promise<FileWithText> {
      const path = filePathOf(given);
      const there = await read.memoryFiles.at(placeOf(scope), path, now());
      if (there && version === 0) throw new AppError('file_exists', `File ${path} already exists`);
      if (!there && version) throw notThere(path, PLEASE);
      if (!there) await create(scope, path, text);
      else
        await edit(
          scope,
          path,
          (_before, current) => {
            if (version !== null && version !== current)
              throw new AppError('file_changed', `The file ${path} has version ${current} now, not ${version}.`);
            return { text, line: 1 };
          },
          () => notThere(path, PLEASE),
        );
      return this.read(scope, path);
    },

    /** @returns how many files went to the trash */
    async remove(scope: Scope, given: string): Promise<number> {
      const path = pathOf(given);
      if (path === ROOT) throw new AppError('invalid_request', `Cannot delete the ${ROOT} directory itself`);
      const place = placeOf(scope);
      const file = await read.memoryFiles.at(place, path, now());
      const going = file ? [file] : await read.memoryFiles.below(place, path, now());
      if (going.length === 0) throw notThere(given);
      for (const { memory_id } of going) await memory.forget(scope, memory_id, REASON);
      return going.length;
    },

    /** A file, or a directory with all that lies in it, at once. */
    async rename(scope: Scope, from: string, to: string): Promise<void> {
      const [source, target] = [pathOf(from), pathOf(to)];
      if (source === ROOT) throw new AppError('invalid_request', `Cannot rename the ${ROOT} directory itself`);
      const place = placeOf(scope);
      const at = now();
      await atomically(async ({ memoryFiles, lockUser }) => {
        await lockUser(place.user_id);
        const file = await memoryFiles.at(place, source, at);
        const moving = file ? [file] : await memoryFiles.below(place, source, at);
        if (moving.length === 0) throw notThere(from);
        const taken = `The destination ${to} already exists`;
        if (target === ROOT || target === source) throw new AppError('file_exists', taken);
        if (target.startsWith(`${source}/`))
          throw new AppError('invalid_request', `${from} cannot be moved into itself`);
        await mustBeFree(memoryFiles, place, target, at, taken);
        for (const { id, path } of moving) {
          const { path: moved, problem } = readPath(target + path.slice(source.length));
          if (moved === undefined) throw new AppError('invalid_request', problem);
          await memoryFiles.clear(place, moved);
          await memoryFiles.move(place.user_id, id, moved, at);
        }
      });
    },
  };
}
export type MemoryFiles = ReturnType<typeof createMemoryFiles>;
