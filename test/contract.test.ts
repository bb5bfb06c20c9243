// What holds for every endpoint: the list is complete, names are unique, and what is declared exists.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { ERRORS } from '../src/core/errors.ts';
import { ENDPOINTS, FEATURES } from '../src/entry/contracts.ts';
import { errorsPage } from '../src/entry/errors-page.ts';
import { errorCodesOf, openApiDocument } from '../src/entry/http/openapi.ts';
import { ErrorBody } from '../src/entry/http/openapi-parts.ts';
import { statusOf } from '../src/entry/http/problem.ts';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

const at = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

describe('the list of endpoints', () => {
  it('is what the app mounts', () => {
    expect(ENDPOINTS.map(at).sort()).toEqual(app.routes.map(({ spec }) => at(spec)).sort());
    expect(new Set(app.routes.map(({ spec }) => spec))).toEqual(new Set(ENDPOINTS));
  });

  it('has unique ids, each in its feature', () => {
    const ids = ENDPOINTS.map(({ id }) => id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
    for (const { name, endpoints } of FEATURES) for (const { id } of endpoints) expect(id.split('.')[0]).toBe(name);
  });

  it('answers no path and method twice', () => {
    const places = ENDPOINTS.flatMap(({ method, path, aliases = [] }) =>
      [path, ...aliases].map((one) => at({ method, path: one })),
    );
    expect(places.filter((place, i) => places.indexOf(place) !== i)).toEqual([]);
  });
});

describe.each(ENDPOINTS.map((spec) => [at(spec), spec] as const))('%s', (_at, spec) => {
  it('declares the parameters of its paths', () => {
    const declared = Object.keys(spec.params?.shape ?? {}).sort();
    for (const path of [spec.path, ...(spec.aliases ?? [])]) {
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()).toEqual(declared);
    }
  });

  it('names errors that exist and a status that is not an error', () => {
    for (const code of errorCodesOf(spec)) {
      expect(ERRORS).toHaveProperty(code);
      expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    }
    expect([200, 201]).toContain(spec.status ?? 200);
    expect(spec.summary).toMatch(/^[A-Z].*[^.]$/);
  });

  it('refuses callers without a key, unless it is public', async () => {
    const path = spec.path.replaceAll(/\{\w+\}/g, '1');
    const { status, body } = await app.as(null)(spec.method, path, spec.body ? {} : undefined);
    if (spec.access === 'public') expect(status).not.toBe(401);
    else {
      expect([status, body.code]).toEqual([401, 'unauthorized']);
      // Clients of OpenAI read the sentence one level down.
      const said = spec.protocol === 'openai' ? { ...body, error: body.error.message } : body;
      expect(ErrorBody.safeParse(said).success).toBe(true);
    }
  });
});

describe('what npm run gen writes', () => {
  const committed = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
  it('docs/openapi.json is up to date', () => {
    expect(JSON.parse(committed('docs/openapi.json'))).toEqual(openApiDocument(FEATURES, packageJson.version));
  });
  it('docs/errors.md is up to date and names every code', () => {
    const page = committed('docs/errors.md');
    expect(page).toBe(errorsPage(FEATURES));
    for (const code of Object.keys(ERRORS)) expect(page).toContain(`\`${code}\``);
  });
});
