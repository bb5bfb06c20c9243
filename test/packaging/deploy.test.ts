// What is beside the program to run it: image, compose file, Prometheus, Grafana. No container runs here: the files are read,
// and what they say of Engram is asked of a running one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { YAML } from 'bun';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { COMMANDS } from '../../src/entry/cli/commands/index.ts';
import { createTestApp, type TestApp } from '../support/app.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: files of other programs, looked into here and there
const yaml = (path: string): any => YAML.parse(read(path));

describe('the Dockerfile', () => {
  /** Instructions, continued lines joined. */
  const steps = read('Dockerfile')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => /^(\w+)\s+(.*)$/.exec(line)!.slice(1) as [string, string]);
  const all = (name: string): string[] => steps.flatMap(([step, rest]) => (step === name ? [rest] : []));
  const last = steps.slice(steps.findLastIndex(([step]) => step === 'FROM'));
  const finally_ = (name: string): string | undefined => last.find(([step]) => step === name)?.[1];

  it('pins what it builds on', () => {
    expect(all('FROM')).toHaveLength(2);
    for (const from of all('FROM')) expect(from).toMatch(/^\w+:[\w.-]*\d[\w.-]*@sha256:[0-9a-f]{64}( AS build)?$/);
  });

  it('copies what there is, and what .dockerignore lets through', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));
    const copies = all('COPY').filter((rest) => !rest.includes('--from='));
    const copied = copies.flatMap((rest) => rest.split(/\s+/).slice(0, -1));
    expect(copied.length).toBeGreaterThan(8);
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(
        allowed.some((open) => path === open || path.startsWith(`${open}/`)),
        path,
      ).toBe(true);
    }
    expect(
      read('.dockerignore')
        .split('\n')
        .filter((line) => !line.startsWith('#'))[0],
    ).toBe('*');
    for (const closed of ['.git', 'data', 'node_modules']) expect(allowed).not.toContain(closed);
  });

  it('takes along every file outside src that the program imports', () => {
    const copied = all('COPY').join(' ');
    for (const path of ['package.json', 'docs/openapi.json', 'migrations', 'models', 'scripts/build.ts'])
      expect(copied).toContain(path);
  });

  it('runs as an ordinary user, without a shell, and can be asked how it is', () => {
    expect(finally_('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(finally_('VOLUME')).toBe('/data');
    expect(finally_('STOPSIGNAL')).toBe('SIGTERM');
    expect(JSON.parse(finally_('ENTRYPOINT')!)).toEqual(['engram']);
    const health = /CMD (\[.*\])$/.exec(finally_('HEALTHCHECK')!)![1]!;
    const [program, command] = JSON.parse(health);
    expect(program).toBe('engram');
    expect(COMMANDS.map(({ name }) => name)).toContain(command);
    for (const form of [finally_('CMD')!]) expect(JSON.parse(form)).toEqual(['serve']);
    expect(last.map(([step]) => step)).not.toContain('RUN');
  });

  it('sets what the server accepts: reachable from outside the container, data in the volume', () => {
    const env = Object.fromEntries(
      finally_('ENV')!
        .split(/\s+/)
        .map((pair) => pair.split('=') as [string, string]),
    );
    const load = (role: 'server' | 'client') =>
      loadConfig({ argv: [], env, cwd: '/data', home: '/data', role, readFile: () => null }).config;
    expect(load('server')).toMatchObject({ host: '0.0.0.0', port: 4200, data_dir: '/data', log_format: 'json' });
    expect(finally_('EXPOSE')).toBe('4200');
    expect(load('client').server_url).toBe('http://127.0.0.1:4200');
  });
});

describe('the compose file', () => {
  const compose = yaml('compose.yaml');
  const services = Object.entries<{ image: string; volumes?: string[]; ports?: string[]; environment?: object }>(
    compose.services,
  );

  it('opens ports to this machine only', () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports);
    expect(ports).toHaveLength(3);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('mounts files that exist, and volumes it declares', () => {
    for (const [, { volumes = [] }] of services)
      for (const volume of volumes) {
        const [from = ''] = volume.split(':');
        if (from.startsWith('./')) expect(existsSync(join(root, from)), from).toBe(true);
        else expect(Object.keys(compose.volumes)).toContain(from);
      }
  });

  it('starts the others only when asked, and pins them', () => {
    expect(services.filter(([, service]) => !('profiles' in service)).map(([name]) => name)).toEqual(['engram']);
    for (const [name, { image }] of services) if (name !== 'engram') expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
  });

  it('passes on variables that the server knows; what nobody fills in counts as unset', () => {
    const { environment } = compose.services.engram;
    const env = Object.fromEntries(Object.keys(environment).map((name) => [name, '']));
    for (const [name, value] of Object.entries(environment)) expect(value).toBe(`\${${name}:-}`);
    const config = () => loadConfig({ argv: [], env, cwd: '/data', home: '/data', readFile: () => null });
    expect(config).not.toThrow();
  });

  it('keeps keys out of the history', () => {
    expect(compose.secrets.engram_key.file).toBe('./deploy/secrets/engram_key');
    expect(read('deploy/secrets/.gitignore')).toMatch(/^\*$/m);
  });
});

describe('what is watched', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await createTestApp();
  });
  afterAll(() => app.close());

  const [job] = yaml('deploy/prometheus.yml').scrape_configs;
  const names = async (): Promise<Set<string>> => {
    const { body } = await app.call('GET', '/metrics');
    return new Set(
      [...(body as string).matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, name, type]) =>
        type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!],
      ),
    );
  };
  /** Of a query: the names, and the labels asked of each. */
  const asked = (query: string): { name: string; labels: string[] }[] =>
    [...query.matchAll(/\b((?:engram|http|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(([, name, labels = '']) => ({
      name: name!,
      labels: [...labels.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!),
    }));

  it('Prometheus asks at the right address, with a key that has to be there', async () => {
    expect(job.authorization).toEqual({ type: 'Bearer', credentials_file: '/run/secrets/engram_key' });
    expect(job.static_configs[0].targets).toEqual(['engram:4200']);
    expect((await app.as(null)('GET', job.metrics_path)).status).toBe(401);
    const { status, headers } = await app.call('GET', job.metrics_path);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const ordinary = await app.newUser('bob', 'read,write');
    expect((await ordinary('GET', job.metrics_path)).status).toBe(403);
  });

  it('mounts everything Prometheus is told to read', () => {
    const { volumes, secrets } = yaml('compose.yaml').services.prometheus;
    const inside = volumes.map((volume: string) => volume.split(':')[1]);
    for (const file of yaml('deploy/prometheus.yml').rule_files) expect(inside).toContain(file);
    expect(secrets).toEqual([job.authorization.credentials_file.replace('/run/secrets/', '')]);
  });

  const dashboard = JSON.parse(read('deploy/grafana/engram.json'));
  const queries = [
    ...dashboard.panels.flatMap((panel: { targets: { expr: string }[] }) => panel.targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.map((variable: { query: { query: string } }) => variable.query.query),
    ...yaml('deploy/alerts.yml').groups.flatMap(({ rules }: { rules: { expr: string }[] }) =>
      rules.map(({ expr }) => expr),
    ),
  ] as string[];

  it('the dashboard and the alarms ask for numbers that there are', async () => {
    const known = await names();
    const wanted = new Set(queries.flatMap((query) => asked(query).map(({ name }) => name)));
    expect(wanted.size).toBeGreaterThan(15);
    expect([...wanted].filter((name) => !known.has(name))).toEqual([]);
  });

  it('by labels that there are', async () => {
    app.metrics.llm({ purpose: 'test', outcome: 'ok', tokens_in: 1, tokens_out: 1, cost: 1, seconds: 1 });
    app.metrics.degraded('vectors');
    app.metrics.refused('overloaded');
    app.metrics.redacted('key', 1);
    const { body } = await app.call('GET', '/metrics');
    for (const query of queries) {
      const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(/,\s*/));
      for (const { name, labels } of asked(query)) {
        const lines = (body as string)
          .split('\n')
          .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
        const present = new Set(lines.flatMap((line) => [...line.matchAll(/(\w+)="/g)].map(([, label]) => label!)));
        // What Prometheus adds by itself.
        for (const label of ['job', 'instance']) present.add(label);
        for (const label of [...labels, ...grouped]) expect([...present], `${name} in ${query}`).toContain(label);
      }
    }
  });

  it('Grafana finds its source of numbers and its dashboard where they are mounted', () => {
    const { volumes } = yaml('compose.yaml').services.grafana;
    const [source] = yaml('deploy/grafana/provisioning/datasources/prometheus.yml').datasources;
    const [provider] = yaml('deploy/grafana/provisioning/dashboards/engram.yml').providers;
    expect(volumes).toContain(`./deploy/grafana/engram.json:${provider.options.path}/engram.json:ro`);
    expect(source.url).toBe('http://prometheus:9090');
    const uids = JSON.stringify(dashboard).matchAll(/"type":"prometheus","uid":"([^"]*)"/g);
    expect(new Set([...uids].map(([, uid]) => uid))).toEqual(new Set([source.uid]));
  });

  it('no two panels of the dashboard lie on each other, and each says what it shows', () => {
    const taken = new Set<string>();
    for (const { title, description, gridPos: at } of dashboard.panels) {
      expect(description, title).toMatch(/\.$/);
      for (let x = at.x; x < at.x + at.w; x++)
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(taken.has(`${x},${y}`), title).toBe(false);
          expect(x, title).toBeLessThan(24);
          taken.add(`${x},${y}`);
        }
    }
  });
});
