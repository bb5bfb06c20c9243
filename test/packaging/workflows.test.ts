// The workflows: pinned to what was looked at, asking for no more than they need, building all there is.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { YAML } from 'bun';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { TARGETS } from '../../scripts/build/targets.ts';
import { tempDir } from '../support/app.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, '.github/workflows');

interface Step {
  uses?: string;
  run?: string;
  shell?: string;
  name?: string;
}
interface Job {
  permissions?: Record<string, string>;
  strategy?: { matrix: { include: { target: string; test?: boolean }[] } };
  steps: Step[];
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const workflow = (name: string): Workflow => YAML.parse(readFileSync(join(folder, name), 'utf8')) as Workflow;
const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

describe.each(readdirSync(folder))('%s', (name) => {
  it('pins every action to a commit, and names its version', () => {
    const used = [...readFileSync(join(folder, name), 'utf8').matchAll(/uses: (.*)/g)].map(([, text]) => text);
    expect(used.length).toBeGreaterThan(0);
    for (const text of used) expect(text).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may read, unless a job says why it needs more', () => {
    expect(workflow(name).permissions).toEqual({ contents: 'read' });
    const more = Object.entries(workflow(name).jobs).filter(([, job]) => job.permissions !== undefined);
    expect(more.map(([job]) => job)).toEqual(name === 'release.yml' ? ['publish'] : []);
  });

  it('runs scripts of this package that there are, and puts nothing from outside into a shell', () => {
    for (const { run = '' } of stepsOf(workflow(name))) {
      for (const [, script] of run.matchAll(/npm run ([\w:]+)/g))
        expect(Object.keys(packageJson.scripts)).toContain(script);
      for (const [, inside] of run.matchAll(/\$\{\{(.*?)\}\}/g)) expect(inside).toMatch(/^ matrix\.\w+ $/);
    }
  });
});

describe('the release', () => {
  const { jobs } = workflow('release.yml');

  it('builds every target, and tests what the program is tested on', () => {
    const { include } = jobs.build!.strategy!.matrix;
    expect(include.map(({ target }) => target).sort()).toEqual(TARGETS.map(({ name }) => name).sort());
    expect(include.filter(({ test }) => test).map(({ target }) => target)).toContain('linux-x64');
  });

  it('writes its address into the install scripts', () => {
    const { run } = jobs.publish!.steps.find(({ name }) => name?.startsWith('Write the address'))!;
    const dir = tempDir();
    const env = {
      ...{ PATH: process.env.PATH, GITHUB_SERVER_URL: 'https://git.example', GITHUB_REPOSITORY: 'ann/engram' },
      GITHUB_REF_NAME: 'v1.2.3',
    };
    const script = `mkdir dist; ln -s ${join(root, 'scripts')} scripts; ${run}`;
    const { status, stderr } = spawnSync('bash', ['-e', '-c', script], { cwd: dir, env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const address = 'https://git.example/ann/engram/releases/download/v1.2.3';
    expect(readFileSync(join(dir, 'dist/install.sh'), 'utf8')).toContain(`\nDOWNLOAD_URL='${address}'\n`);
    expect(readFileSync(join(dir, 'dist/install.ps1'), 'utf8')).toContain(`\n$DownloadUrl = '${address}'\n`);
    expect(spawnSync('sh', ['-n', join(dir, 'dist/install.sh')]).status).toBe(0);
  });
});
