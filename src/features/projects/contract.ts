// What is being worked on, with the memories that belong to it.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Id, IdParams, Limit, Memory, Text, TimeText } from '../../core/shapes.ts';
import { FoundMemories, WithinRequest } from '../entities/contract.ts';

const Count = z.number().int();
export const STATUSES = ['active', 'paused', 'completed', 'archived'] as const;
const Name = Text.transform((name) => name.replace(/\s+/g, ' ').trim()).pipe(
  z.string().min(1, 'must not be blank').max(200, 'at most 200 characters'),
);
const Description = Text.max(10_000, 'at most 10,000 characters').nullish().meta({ description: 'What it is about' });
const Status = Text.transform(
  (word) => STATUSES.find((status) => status === word.trim().toLowerCase()) ?? 'active',
).meta({ description: 'active, paused, completed or archived; anything else is read as active', example: 'active' });
const Metadata = z.unknown().meta({ description: 'Any JSON' });

const Project = z
  .looseObject({
    id: Count,
    name: z.string().meta({ example: 'Apollo' }),
    description: z.string().nullable(),
    status: z.enum(STATUSES),
    metadata: z.unknown(),
    user_id: Count,
    space_id: Count.nullable(),
    created_at: TimeText,
    updated_at: TimeText,
    memory_count: Count.meta({ description: 'Current memories that belong to it' }),
  })
  .meta({ id: 'Project' });

export const CreateProject = z.object({
  name: Name.meta({ description: 'What it is called', example: 'Apollo' }),
  description: Description,
  status: Status.optional(),
  metadata: Metadata.optional(),
  space_id: Id.nullish().meta({ description: 'Space it lies in; that of the request when left out' }),
});
export const ChangeProject = z.object({
  name: Name.optional().meta({ description: 'New name' }),
  description: Description,
  status: Status.optional(),
  metadata: Metadata.optional(),
});

export const createProject = endpoint({
  id: 'projects.create',
  method: 'POST',
  path: '/projects',
  access: 'write',
  summary: 'Make a project',
  description: 'Memories that name it or carry the tag `project:<name>` belong to it, those stored before among them.',
  body: CreateProject,
  response: z.looseObject({
    created: z.literal(true),
    id: Count,
    name: z.string(),
    status: z.enum(STATUSES),
    created_at: TimeText,
  }),
  errors: ['space_not_found'],
});
export const listProjects = endpoint({
  id: 'projects.list',
  method: 'GET',
  path: '/projects',
  access: 'read',
  summary: 'Projects, newest first',
  query: z.object({ status: z.enum(STATUSES).optional().meta({ description: 'Only those of this status' }) }),
  response: z.looseObject({ projects: z.array(Project), count: Count }),
});
export const getProject = endpoint({
  id: 'projects.get',
  method: 'GET',
  path: '/projects/{id}',
  access: 'read',
  summary: 'One project with its memories, newest first',
  params: IdParams,
  query: z.object({ limit: Limit(50, 200) }),
  response: Project.extend({ memory_ids: z.array(Count), memories: z.array(Memory) }),
  errors: ['project_not_found'],
});
export const changeProject = endpoint({
  id: 'projects.change',
  method: 'PUT',
  path: '/projects/{id}',
  access: 'write',
  summary: 'Change a project',
  params: IdParams,
  body: ChangeProject,
  response: z.looseObject({ updated: z.literal(true), id: Count }),
  errors: ['project_not_found'],
});
export const deleteProject = endpoint({
  id: 'projects.delete',
  method: 'DELETE',
  path: '/projects/{id}',
  access: 'write',
  summary: 'Remove a project; its memories stay',
  params: IdParams,
  response: z.looseObject({ deleted: z.literal(true), id: Count }),
  errors: ['project_not_found'],
});
const LinkParams = z.strictObject({
  id: Id.meta({ description: 'Project', example: 1 }),
  memory_id: Id.meta({ description: 'Memory', example: 1 }),
});
export const linkProject = endpoint({
  id: 'projects.link',
  method: 'PUT',
  path: '/projects/{id}/memories/{memory_id}',
  access: 'write',
  summary: 'Put a memory into a project',
  params: LinkParams,
  response: z.looseObject({ linked: z.literal(true), project_id: Count, memory_id: Count }),
  errors: ['project_not_found', 'memory_not_found'],
});
export const unlinkProject = endpoint({
  id: 'projects.unlink',
  method: 'DELETE',
  path: '/projects/{id}/memories/{memory_id}',
  access: 'write',
  summary: 'Take a memory out of a project',
  params: LinkParams,
  response: z.looseObject({ unlinked: z.literal(true), project_id: Count, memory_id: Count }),
  errors: ['project_not_found'],
});
export const searchProject = endpoint({
  id: 'projects.search',
  method: 'POST',
  path: '/projects/{id}/search',
  access: 'read',
  summary: 'Search the memories of a project',
  params: IdParams,
  body: WithinRequest,
  response: FoundMemories.extend({ project_id: Count }),
  errors: ['project_not_found'],
});
