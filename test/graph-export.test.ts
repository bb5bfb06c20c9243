// The whole graph as a file, as programs read it that are not ours.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { storeAll } from './support/memories.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const exported = (query = '') => app.call('GET', `/graph/export${query}`);

describe('GET /graph/export', () => {
  it('is JSON unless asked otherwise', async () => {
    const [a, b] = await storeAll(app, [
      { content: 'first', session_id: 's' },
      { content: 'second', session_id: 's', category: 'task' },
    ]);
    await app.call('POST', '/graph/pagerank');
    const { status, body, headers } = await exported();
    expect(status).toBe(200);
    expect(headers.get('content-disposition')).toBe('attachment; filename="memories.json"');
    expect(body.nodes).toEqual([
      expect.objectContaining({ id: `m${a}`, label: 'first', category: 'general', pagerank: 1, community: 1 }),
      expect.objectContaining({ id: `m${b}`, label: 'second', category: 'task' }),
    ]);
    expect(body.nodes[0]).not.toHaveProperty('content');
    expect(body.edges).toEqual([{ source: `m${b}`, target: `m${a}`, type: 'follows', weight: 1 }]);
    expect((await exported('?content=true')).body.nodes[1].content).toBe('second');
    expect((await exported('?format=svg')).status).toBe(400);
  });

  it('is DOT whose quotes and backslashes are escaped', async () => {
    const [a, b] = await storeAll(app, [
      { content: 'says "C:\\temp" {is} full', session_id: 's' },
      { content: 'two\nlines\\n', session_id: 's' },
    ]);
    const { body, headers } = await exported('?format=dot');
    expect(headers.get('content-type')).toContain('text/vnd.graphviz');
    expect(body).toBe(
      [
        'digraph memories {',
        `  "m${a}" [label="says \\"C:\\\\temp\\" {is} full", type="memory", category="general"];`,
        `  "m${b}" [label="two lines\\\\n", type="memory", category="general"];`,
        `  "m${b}" -> "m${a}" [label="follows", weight=1];`,
        '}',
        '',
      ].join('\n'),
    );
  });

  it('is GraphML that any XML reader takes', async () => {
    const [a, b] = await storeAll(app, [
      { content: '<b>&amp; "x" \u0001 end', session_id: 's' },
      { content: 'second', session_id: 's' },
    ]);
    const { body, headers } = await exported('?format=graphml&content=1');
    expect(headers.get('content-type')).toContain('application/graphml+xml');
    expect(body).toContain('<key id="node_pagerank" for="node" attr.name="pagerank" attr.type="double"/>');
    expect(body).toContain(
      `<node id="m${a}"><data key="node_label">&lt;b&gt;&amp;amp; &quot;x&quot; \ufffd end</data>`,
    );
    expect(body).toContain(
      `<edge source="m${b}" target="m${a}"><data key="edge_type">follows</data><data key="edge_weight">1</data></edge>`,
    );
    expect(body).toMatch(/<graphml xmlns="http:\/\/graphml\.graphdrawing\.org\/xmlns">[\s\S]*<\/graphml>\n$/);
    // Every element that begins ends, in order.
    const open: string[] = [];
    for (const [, close, name, single] of body.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close) expect(open.pop()).toBe(name);
      else if (!single) open.push(name);
    }
    expect(open).toEqual([]);
  });

  it('comes whole when it is larger than a page', async () => {
    const ids = await storeAll(
      app,
      Array.from({ length: 1_100 }, (_, i) => ({ content: `text ${i}`, session_id: 's' })),
    );
    const { nodes, edges } = (await exported()).body;
    expect(nodes.map(({ id }: { id: string }) => id)).toEqual(ids.map((id) => `m${id}`));
    expect(edges).toHaveLength(1_099);
    expect((await app.call('GET', '/graph?limit=700')).body).toMatchObject({ node_count: 700 });
    expect((await app.call('GET', '/graph/timeline')).body).toMatchObject({
      total_memories: 1_100,
      total_links: 1_099,
    });
    expect((await app.call('GET', '/graph/analysis')).body).toMatchObject({
      topology: 'pipeline',
      longest_chain: 1_099,
    });
    expect((await app.call('GET', `/graph/path?from=${ids[0]}&to=${ids[8]}`)).body).toMatchObject({ hops: 8 });
  });
});
