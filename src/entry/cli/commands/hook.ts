// engram hook: what agents run. Only its help comes through here; the rest begins in main.ts, which loads nothing else for it.
import { HOOK_AGENTS, runHook } from '../../hook.ts';
import { type Command, readStdin } from '../command.ts';
import { EXIT } from '../failure.ts';

export const hook: Command = {
  name: 'hook',
  operands: '[agent] <event>',
  summary: 'Answer a hook of a coding agent: JSON in, JSON out',
  role: null,
  about: [
    `Agents: ${HOOK_AGENTS.join(', ')}; claude-code when left out.`,
    'Events: session-start, user-prompt-submit, pre-tool-use, post-tool-use, pre-compact, stop, session-end.',
    '',
    'It asks the running server, ends within ENGRAM_HOOK_TIMEOUT_MS (1,500), and says nothing and exits with 0 whatever goes',
    'wrong; why is a line in ~/.local/state/engram/hooks.log (ENGRAM_HOOK_LOG). ENGRAM_HOOKS=off turns every hook off.',
    'Of settings files it reads ENGRAM_CONFIG_FILE or ~/.config/engram/config.toml, never one in the working folder.',
    '"engram hooks install" sets agents up to run it.',
  ],
  examples: ['engram hook claude-code user-prompt-submit < input.json', 'engram hook session-start < input.json'],
  async run(context) {
    const { machine, args, output } = context;
    await runHook({
      ...{ words: args.words, env: machine.env, cwd: machine.cwd, home: machine.home, now: () => machine.now() },
      stdin: () => readStdin(context),
      print: (text) => output.line(text.trimEnd()),
      elapsed: () => performance.now(),
    });
    return EXIT.ok;
  },
};
