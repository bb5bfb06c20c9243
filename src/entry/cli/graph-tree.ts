// What lies around a node, drawn as a tree: every node once, under the nearest one it is linked to.

interface Node {
  readonly id: string;
  readonly type: string;
  readonly label: string;
  readonly content?: string | undefined;
}
interface Edge {
  readonly source: string;
  readonly target: string;
  readonly link_type: string;
  readonly weight: number;
}
export interface Neighbourhood {
  readonly center_id: string;
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

export interface TreeLine {
  /** Branches and the name of the node. */
  readonly before: string;
  readonly text: string;
}

interface Branch {
  readonly id: string;
  readonly how: string;
}

export function graphTree({ center_id, nodes, edges }: Neighbourhood): TreeLine[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const children = spanning(center_id, edges, byId);
  const lines: TreeLine[] = [];
  const write = (id: string, how: string, branch: string, below: string): void => {
    const node = byId.get(id);
    lines.push({ before: `${branch}${how}${nameOf(id)} `, text: node?.content ?? node?.label ?? '' });
    const own = children.get(id) ?? [];
    own.forEach((child, at) => {
      const last = at === own.length - 1;
      write(child.id, `${child.how} `, `${below}${last ? '└── ' : '├── '}`, `${below}${last ? '    ' : '│   '}`);
    });
  };
  write(center_id, '', '', '');
  return lines;
}

/** Breadth first, the strongest link of a node first. */
function spanning(center: string, edges: readonly Edge[], known: ReadonlyMap<string, Node>): Map<string, Branch[]> {
  const touching = new Map<string, Edge[]>();
  const touch = (id: string, edge: Edge) => touching.set(id, [...(touching.get(id) ?? []), edge]);
  for (const edge of edges) {
    touch(edge.source, edge);
    if (edge.target !== edge.source) touch(edge.target, edge);
  }
  const children = new Map<string, Branch[]>();
  const seen = new Set([center]);
  const waiting = [center];
  for (let at = 0; at < waiting.length; at++) {
    const id = waiting[at]!;
    const own: Branch[] = [];
    for (const edge of [...(touching.get(id) ?? [])].sort((a, b) => b.weight - a.weight)) {
      const out = edge.source === id;
      const other = out ? edge.target : edge.source;
      if (seen.has(other) || !known.has(other)) continue;
      seen.add(other);
      waiting.push(other);
      own.push({ id: other, how: out ? `${edge.link_type} →` : `← ${edge.link_type}` });
    }
    children.set(id, own);
  }
  return children;
}

/** `m42` is `#42` on every other line that people see. */
const nameOf = (id: string): string => (id.startsWith('m') ? `#${id.slice(1)}` : id);
