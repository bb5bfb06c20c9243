// What of a tool's work is worth remembering. Few things are: what was committed, released, proposed, and what the user chose
// when asked. What files were read, which tests ran and what they printed would bury the rest. Pure.
import { excerpt, type Heard, isObject, textOf } from './rules.ts';

export interface Capture {
  readonly content: string;
  readonly category: string;
  readonly importance: number;
  readonly tags: readonly string[];
  /** Words of the user, which wait in the inbox as everything found in a conversation does; else a plain fact. */
  readonly of_user: boolean;
}

const MAX_OUTPUT_CHARS = 200_000;
const MAX_SAID_CHARS = 400;
const MAX_CAPTURES = 5;

/** `[main 1a2b3c4] Subject`, which git prints when it has committed, and only then. */
const COMMITTED = /^\[(\S+)(?: \([^)]*\))? [0-9a-f]{7,40}\] (.+)$/gm;
const COMMITS = /\bgit\b[^|;&\n]*\b(?:commit|cherry-pick|revert)\b/;
/** Steps on the way to a commit that will say the same. */
const PASSING = /^(?:wip\b|fixup!|squash!|amend!|tmp\b|temp\b)/i;
const PULL_REQUEST = /https?:\/\/\S+\/(?:pull|merge_requests)\/\d+/;
const PROPOSES = /\b(?:gh\s+pr|glab\s+mr)\s+create\b/;
const TITLE = /(?:--title|-t)[\s=]+(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/;
const TAGS = /\bgit\s+tag\s+(?:-\w+\s+)*(v?\d+\.\d+[\w.+-]*)/;
const RELEASES = /\bgh\s+release\s+create\s+(v?\d+\.\d+[\w.+-]*)/;

function outputOf(response: unknown): string {
  if (typeof response === 'string') return response.slice(0, MAX_OUTPUT_CHARS);
  if (!isObject(response)) return '';
  const said = response.stdout ?? response.output ?? response.llmContent ?? response.content ?? '';
  return typeof said === 'string' ? said.slice(0, MAX_OUTPUT_CHARS) : '';
}

const failed = (response: unknown): boolean =>
  isObject(response) &&
  (response.interrupted === true ||
    response.is_error === true ||
    response.success === false ||
    (response.error !== undefined && response.error !== null) ||
    (typeof response.exit_code === 'number' && response.exit_code !== 0));

export function capturesOf(said: Heard): Capture[] {
  if (failed(said.tool_response)) return [];
  const found = said.command !== null ? ofCommand(said.command, said) : ofAnswers(said);
  return found.slice(0, MAX_CAPTURES);
}

function ofCommand(command: string, { project, tool_response }: Heard): Capture[] {
  const output = outputOf(tool_response);
  const where = project === null ? '' : ` in ${project}`;
  const fact = (content: string, importance: number, tag: string): Capture => ({
    ...{ content, category: 'activity', importance, of_user: false },
    tags: project === null ? [tag] : [tag, `project:${project.toLowerCase()}`],
  });
  const found: Capture[] = [];
  if (COMMITS.test(command))
    for (const [, branch, subject] of output.matchAll(COMMITTED))
      if (!PASSING.test(subject!.trim()))
        found.push(fact(`Committed${where} on ${branch}: ${excerpt(subject!, MAX_SAID_CHARS)}`, 4, 'commit'));
  const link = PROPOSES.test(command) ? PULL_REQUEST.exec(output)?.[0] : undefined;
  if (link !== undefined) {
    const [, double, single] = TITLE.exec(command) ?? [];
    const title = excerpt((double ?? single ?? '').replace(/\\(["\\$`])/g, '$1'), MAX_SAID_CHARS);
    found.push(fact(`Opened ${link}${where}${title === '' ? '' : `: ${title}`}`, 5, 'pull-request'));
  }
  const version = (RELEASES.exec(command) ?? TAGS.exec(command))?.[1];
  if (version !== undefined && !/\bgit\s+tag\s+(?:-\w*[dl]\w*|--delete|--list)\b/.test(command))
    found.push(fact(`Released ${version}${where}`, 6, 'release'));
  return found;
}

/** Claude Code asks its user questions with a tool, and is given `answers: {question: answer}`. */
function ofAnswers({ tool, project, tool_input, tool_response }: Heard): Capture[] {
  if (tool !== 'AskUserQuestion') return [];
  const answers = [tool_response, tool_input].find((side) => isObject(side) && isObject(side.answers));
  if (!isObject(answers) || !isObject(answers.answers)) return [];
  return Object.entries(answers.answers).flatMap(([question, answer]) => {
    const [asked, chosen] = [textOf(question, MAX_SAID_CHARS), textOf(answer, MAX_SAID_CHARS)];
    if (asked === null || chosen === null) return [];
    const content = `Asked "${excerpt(asked, 200)}", the user chose: ${excerpt(chosen, 200)}`;
    const tags = project === null ? ['choice'] : ['choice', `project:${project.toLowerCase()}`];
    return [{ content, category: 'decision', importance: 6, tags, of_user: true }];
  });
}
