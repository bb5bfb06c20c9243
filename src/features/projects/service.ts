// Projects, and which memories belong to them.
import type { z } from 'zod';
import { foldName } from '../../algo/entities/keys.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { spaceKey } from '../entities/rules.ts';
import type { Within } from '../entities/within.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { ChangeProject, CreateProject, STATUSES } from './contract.ts';
import type { ProjectRow, ProjectStore } from './store.ts';

interface Stores {
  projects: ProjectStore;
  memories: Pick<MemoryStore, 'byId'>;
  lockUser(user_id: number): Promise<void>;
}
export interface ProjectsDeps {
  read: Omit<Stores, 'lockUser'>;
  atomically: Atomically<Stores>;
  within: Within;
  spaceExists(user_id: number, space_id: number): Promise<boolean>;
  clock: Clock;
}

const MOST_MEMORIES = 10_000;

export function createProjects({ read, atomically, within, spaceExists, clock }: ProjectsDeps) {
  const now = () => formatTime(clock.now());
  const filterOf = ({ user_id, space_id }: Scope) => ({ user_id, space_id });

  async function found(scope: Scope, id: number, stores: Pick<Stores, 'projects'> = read): Promise<ProjectRow> {
    const row = await stores.projects.byId(filterOf(scope), id);
    if (!row) throw new AppError('project_not_found', `There is no project ${id}. GET /projects lists yours.`);
    return row;
  }

  const present = ({ space_key: _space, name_key: _name, ...row }: ProjectRow, memory_count: number) => ({
    ...row,
    status: row.status as (typeof STATUSES)[number],
    metadata: row.metadata === null ? null : (JSON.parse(row.metadata) as unknown),
    memory_count,
  });
  const asText = (metadata: unknown): string | null => (metadata == null ? null : JSON.stringify(metadata));

  return {
    async create(scope: Scope, body: z.output<typeof CreateProject>) {
      const { user_id } = scope;
      const wanted = body.space_id ?? null;
      if (wanted !== null && !(await spaceExists(user_id, wanted)))
        throw new AppError('space_not_found', `There is no space ${wanted}. GET /spaces lists yours.`);
      const space_id = wanted ?? scope.space_id ?? scope.default_space_id;
      const status = body.status ?? 'active';
      const created_at = now();
      const row = {
        user_id,
        space_id,
        space_key: spaceKey(space_id),
        name: body.name,
        name_key: foldName(body.name),
        description: body.description ?? null,
        status,
        metadata: asText(body.metadata),
        created_at,
        updated_at: created_at,
      };
      const id = await atomically(async ({ projects, lockUser }) => {
        await lockUser(user_id);
        const id = await projects.insert(row);
        await projects.adopt({ ...row, id });
        return id;
      });
      return { created: true as const, id, name: body.name, status, created_at };
    },

    async list(scope: Scope, status: string | undefined) {
      const rows = await read.projects.list(filterOf(scope), status);
      const counts = await read.projects.counts(
        within.filterOf(scope),
        rows.map(({ id }) => id),
      );
      const projects = rows.map((row) => present(row, counts.get(row.id) ?? 0));
      return { projects, count: projects.length };
    },

    async get(scope: Scope, id: number, limit: number) {
      const row = await found(scope, id);
      const memory_ids = await read.projects.memoryIds(within.filterOf(scope), id, MOST_MEMORIES);
      const memories = await within.shown(scope.user_id, memory_ids.slice(0, limit));
      return { ...present(row, memory_ids.length), memory_ids, memories };
    },

    async change(scope: Scope, id: number, body: z.output<typeof ChangeProject>) {
      const { user_id } = scope;
      await atomically(async ({ projects, lockUser }) => {
        await lockUser(user_id);
        const row = await found(scope, id, { projects });
        const name_key = body.name === undefined ? row.name_key : foldName(body.name);
        await projects.set(user_id, id, {
          ...(body.name !== undefined && { name: body.name, name_key }),
          ...(body.description !== undefined && { description: body.description }),
          ...(body.status !== undefined && { status: body.status }),
          ...(body.metadata !== undefined && { metadata: asText(body.metadata) }),
          updated_at: now(),
        });
        if (name_key !== row.name_key) await projects.adopt({ ...row, name_key });
      });
      return { updated: true as const, id };
    },

    async remove(scope: Scope, id: number) {
      await atomically(async ({ projects }) => {
        await found(scope, id, { projects });
        await projects.remove(scope.user_id, id);
      });
      return { deleted: true as const, id };
    },

    async link(scope: Scope, project_id: number, memory_id: number) {
      await atomically(async ({ projects, memories }) => {
        const project = await found(scope, project_id, { projects });
        const memory = await memories.byId(scope.user_id, memory_id);
        if (!memory || memory.is_forgotten === 1 || spaceKey(memory.space_id) !== project.space_key)
          throw new AppError(
            'memory_not_found',
            `There is no memory ${memory_id} in the space of project ${project_id}.`,
          );
        await projects.link(scope.user_id, project_id, memory_id);
      });
      return { linked: true as const, project_id, memory_id };
    },

    async unlink(scope: Scope, project_id: number, memory_id: number) {
      await atomically(async ({ projects }) => {
        await found(scope, project_id, { projects });
        await projects.unlink(scope.user_id, project_id, memory_id);
      });
      return { unlinked: true as const, project_id, memory_id };
    },

    async search(scope: Scope, id: number, query: string, limit: number) {
      await found(scope, id);
      return { ...(await within.search(scope, { project_id: id }, query, limit)), project_id: id };
    },
  };
}
export type Projects = ReturnType<typeof createProjects>;
