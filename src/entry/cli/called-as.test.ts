import { expect, it } from 'vitest';
import { calledAs } from './called-as.ts';

it.each<[string, string[], string[]]>([
  ['engram', ['list'], ['list']],
  ['/usr/local/bin/engram-cli', ['list'], ['list']],
  ['engram-server', [], ['serve']],
  ['/opt/engram-server', ['--port', '4300'], ['serve', '--port', '4300']],
  ['engram-server', ['serve', '--port', '4300'], ['serve', '--port', '4300']],
  ['engram-server', ['--version'], ['--version']],
  ['engram-server', ['--help'], ['serve', '--help']],
  ['C:\\Tools\\Engram-MCP.EXE', [], ['mcp']],
  ['engram-linux-x64', ['serve'], ['serve']],
  ['', ['list'], ['list']],
])('%s %j', (name, words, expected) => {
  expect(calledAs(name, words)).toEqual(expected);
});
