import { type Route, route } from '../../core/endpoint.ts';
import { deleteFile, listFiles, memoryTool, readFile, writeFile } from './contract.ts';
import type { MemoryFiles } from './service.ts';
import { createTool } from './tool.ts';

export function memoryFileRoutes(files: MemoryFiles): Route[] {
  const tool = createTool(files);
  return [
    route(memoryTool, ({ body }, { scope }) => tool(scope, body)),
    route(listFiles, async ({ query }, { scope }) => ({ files: await files.list(scope, query.path) })),
    route(readFile, ({ query }, { scope }) => files.read(scope, query.path)),
    route(writeFile, ({ body }, { scope }) => files.write(scope, body.path, body.text, body.version ?? null)),
    route(deleteFile, async ({ query }, { scope }) => ({ deleted: await files.remove(scope, query.path) })),
  ];
}
