// A graph written out for other programs, piece by piece: JSON, GraphML (http://graphml.graphdrawing.org), DOT (Graphviz).
import { z } from 'zod';

export const ExportFormat = z.enum(['json', 'graphml', 'dot']);
export type ExportFormat = z.infer<typeof ExportFormat>;

export interface ExportNode {
  id: string;
  label: string;
  type: string;
  category: string;
  importance: number;
  pagerank: number | null;
  community: number | null;
  created_at: string;
  /** The whole text; left out unless asked for. */
  content?: string;
}
export interface ExportEdge {
  source: string;
  target: string;
  type: string;
  weight: number;
}

export interface Writer {
  readonly content_type: string;
  readonly extension: string;
  begin(): string;
  node(node: ExportNode, first: boolean): string;
  /** Between the nodes and the edges. */
  middle(): string;
  edge(edge: ExportEdge, first: boolean): string;
  end(): string;
}

const json: Writer = {
  content_type: 'application/json',
  extension: 'json',
  begin: () => '{"nodes":[',
  node: (node, first) => `${first ? '' : ','}\n${JSON.stringify(node)}`,
  middle: () => '\n],"edges":[',
  edge: (edge, first) => `${first ? '' : ','}\n${JSON.stringify(edge)}`,
  end: () => '\n]}\n',
};

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** XML 1.0 has no way at all to hold most control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const xml = (text: string): string => text.replace(NOT_XML, '\ufffd').replace(/[&<>"]/g, (c) => XML[c]!);

const NODE_KEYS = {
  label: 'string',
  type: 'string',
  category: 'string',
  importance: 'int',
  pagerank: 'double',
  community: 'long',
  created_at: 'string',
  content: 'string',
} as const satisfies Partial<Record<keyof ExportNode, string>>;
const EDGE_KEYS = { type: 'string', weight: 'double' } as const;

const keys = (of: 'node' | 'edge', types: Readonly<Record<string, string>>): string =>
  Object.entries(types)
    .map(([name, type]) => `  <key id="${of}_${name}" for="${of}" attr.name="${name}" attr.type="${type}"/>\n`)
    .join('');
const data = (of: 'node' | 'edge', types: object, values: object): string =>
  Object.keys(types)
    .flatMap((name) => {
      const value = (values as Record<string, unknown>)[name];
      return value == null ? [] : [`<data key="${of}_${name}">${xml(String(value))}</data>`];
    })
    .join('');

const graphml: Writer = {
  content_type: 'application/graphml+xml; charset=utf-8',
  extension: 'graphml',
  begin: () =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n${keys('node', NODE_KEYS)}${keys('edge', EDGE_KEYS)}  <graph id="memories" edgedefault="directed">\n`,
  node: (node) => `    <node id="${xml(node.id)}">${data('node', NODE_KEYS, node)}</node>\n`,
  middle: () => '',
  edge: (edge) =>
    `    <edge source="${xml(edge.source)}" target="${xml(edge.target)}">${data('edge', EDGE_KEYS, edge)}</edge>\n`,
  end: () => '  </graph>\n</graphml>\n',
};

/** Graphviz knows `\n`, `\l` and `\r` in labels, so a backslash of ours must be told from those. */
const quoted = (text: string): string =>
  `"${text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replace(/\r?\n|\r/g, '\\n')
    .replaceAll('\0', '\ufffd')}"`;

const dot: Writer = {
  content_type: 'text/vnd.graphviz; charset=utf-8',
  extension: 'dot',
  begin: () => 'digraph memories {\n',
  node: ({ id, label, type, category }) =>
    `  ${quoted(id)} [label=${quoted(label)}, type=${quoted(type)}, category=${quoted(category)}];\n`,
  middle: () => '',
  edge: ({ source, target, type, weight }) =>
    `  ${quoted(source)} -> ${quoted(target)} [label=${quoted(type)}, weight=${weight}];\n`,
  end: () => '}\n',
};

export const WRITERS: Readonly<Record<ExportFormat, Writer>> = { json, graphml, dot };
