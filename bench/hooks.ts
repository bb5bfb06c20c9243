// What an agent waits for its hooks: from starting the process to having read all of its answer, with the server up and down,
// and beside it what starting any process, and the runtime alone, takes on this machine.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fill, startLoad } from './load-process.ts';
import { serverOptions, untilEmbedded } from './model.ts';
import { BenchError } from './options.ts';
import { seeded } from './random.ts';
import { type Benchmark, PROJECT, report } from './report.ts';
import { startServer } from './server.ts';
import { TEXTS_OPTION } from './speed.ts';
import { type Latency, latency, median, rounded } from './stats.ts';
import { loadTexts, questionsFrom } from './texts.ts';

const WARM_UP = 15;

interface Run {
  readonly command: readonly string[];
  /** Of each run, by its number. */
  readonly input: (i: number) => object;
  readonly env: Record<string, string>;
}

interface Ran {
  readonly ms: number;
  readonly answered: boolean;
}

/** One process, as an agent starts it. */
function once({ command, input, env }: Run, i: number): Promise<Ran> {
  const [program, ...words] = command;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program!, words, {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (out += text));
    child.stdin.on('error', () => {}); // `true` reads nothing.
    child.stdin.end(JSON.stringify(input(i)));
    child.on('error', reject);
    child.on('close', (code) => {
      const ms = performance.now() - began;
      if (code === 0) resolve({ ms, answered: out !== '' });
      else reject(new BenchError(`${command.join(' ')} ended with ${code}; a hook ends with 0.`));
    });
  });
}

function unusedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export const hooks: Benchmark = {
  name: 'hooks',
  summary: 'What an agent waits for a hook: prompt in, context out, with the server up and down',
  options: [
    { name: 'memories', kind: 'number', fallback: '10000', help: 'memories stored before' },
    { name: 'runs', kind: 'number', fallback: '200', help: 'processes per row' },
    {
      name: 'program',
      kind: 'text',
      fallback: null,
      help: 'a built executable to run hooks with (default: the sources)',
    },
    TEXTS_OPTION,
  ],
  async run(chosen, progress) {
    const [n, runs] = [chosen.number('memories'), Math.max(1, chosen.number('runs'))];
    const texts = await loadTexts(chosen.text('texts'), n, (runs + WARM_UP) * 2, chosen.number('seed'));
    const prompts = questionsFrom(texts.heldOut, runs + WARM_UP, seeded(chosen.number('seed') + 1));
    const folder = mkdtempSync(join(chosen.text('dir') ?? tmpdir(), 'engram-hooks-'));
    using load = startLoad();
    await using server = await startServer(serverOptions(chosen));
    try {
      await fill(load, server, texts.stored, (done) => progress(`loaded ${done}`));
      if (server.facts.model !== null) await untilEmbedded(server.call, progress);
      const empty = join(folder, 'empty.ts');
      writeFileSync(empty, '');
      const built = chosen.text('program');
      const program = built === null ? [process.execPath, '--no-env-file', join(PROJECT, 'src/main.ts')] : [built];
      const base = { HOME: folder, ENGRAM_API_KEY: server.key };
      const up = { ...base, ENGRAM_URL: server.url };
      const down = { ...base, ENGRAM_URL: `http://127.0.0.1:${await unusedPort()}` };
      const hook = (event: string, input: Run['input'], env: Run['env']): Run => ({
        ...{ command: [...program, 'hook', 'claude-code', event], env },
        input: (i) => ({ session_id: `bench-${i}`, cwd: folder, ...input(i) }),
      });
      const prompt: Run['input'] = (i) => ({
        hook_event_name: 'UserPromptSubmit',
        prompt: prompts[i % prompts.length],
      });
      const command: Run['input'] = (i) => ({
        ...{ hook_event_name: 'PreToolUse', tool_name: 'Bash' },
        tool_input: { command: `ls -la ./folder-${i} && grep -rn needle src` },
      });
      const rows: Record<string, Run> = {
        true: { command: ['true'], input: () => ({}), env: {} },
        'the runtime, empty file': { command: [process.execPath, '--no-env-file', empty], input: () => ({}), env: {} },
        'prompt, server down': hook('user-prompt-submit', prompt, down),
        'prompt, server up': hook('user-prompt-submit', prompt, up),
        'command, server up': hook('pre-tool-use', command, up),
        'session start, server up': hook(
          'session-start',
          () => ({ hook_event_name: 'SessionStart', source: 'startup' }),
          up,
        ),
      };
      const measured = new Map<string, Ran[]>(Object.keys(rows).map((name) => [name, []]));
      // In turns: what else the machine does hits every row alike.
      for (let i = -WARM_UP; i < runs; i++) {
        for (const [name, run] of Object.entries(rows)) {
          const ran = await once(run, i + WARM_UP);
          if (i >= 0) measured.get(name)!.push(ran);
        }
        progress(`${i + 1} of ${runs}`);
      }
      progress.clear();
      const least = median(measured.get('true')!.map(({ ms }) => ms));
      const figures = [...measured].map(([name, all]) => {
        const times: Latency = latency(all.map(({ ms }) => ms));
        const answered = all.filter((ran) => ran.answered).length;
        return { name, ...times, ratio: rounded(times.p50 / least, 1), answered };
      });
      return report(
        {
          benchmark: 'hooks',
          data: { source: texts.source, n: { memories: n, runs } },
          done: {
            'p50, p95, p99':
              'from starting the process until its output is read to the end and it has ended; one after the other',
            '/ true': 'p50 over that of `true`, the least a process takes here',
            answered: 'runs in which the agent was told something',
          },
          server: server.facts,
          tables: [
            {
              title: 'What an agent waits (ms)',
              columns: ['process', 'p50', 'p95', 'p99', '/ true', 'answered'],
              rows: figures.map((f) => [f.name, f.p50, f.p95, f.p99, f.ratio, f.answered]),
            },
          ],
          figures: { rows: figures },
        },
        folder,
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
