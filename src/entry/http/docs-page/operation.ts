// One operation as a section of the page: what it takes, what it answers, and a form to try it.
import {
  type Answer,
  type Entry,
  nameOf,
  type OpenApi,
  type Parameter,
  parameterOf,
  type Schema,
  schemaOf,
} from './document.ts';
import { type Html, html, markdown, sentence } from './html.ts';
import { exampleOf, limitsText, type Row, rowsOf, typeText } from './schema-text.ts';

/** Shown until the script puts the address of the server there. */
export const PLACEHOLDER_ORIGIN = 'http://127.0.0.1:4200';

const pretty = (value: unknown): string => JSON.stringify(value, null, 2);
const jsonOf = (content: Record<string, { schema?: Schema }> | undefined): Schema | undefined =>
  content?.['application/json']?.schema;

const notes = (schema: Schema): Html => {
  const limits = limitsText(schema);
  const fallback = schema.default === undefined ? null : html`default <code>${JSON.stringify(schema.default)}</code>`;
  if (!limits && !fallback) return html``;
  return html`<span class="limits">${limits}${limits && fallback && '; '}${fallback}</span>`;
};

/** Requests say which fields they need, answers which may be missing: the rarer case each time. */
export function fieldTable(rows: readonly Row[], caption: string, side: 'request' | 'answer'): Html {
  const mark = (required: boolean) => {
    if (side === 'request') return required && html`<span class="required">required</span>`;
    return !required && html`<span class="optional">may be missing</span>`;
  };
  const line = ({ name, schema, required }: Row) => html`<tr>
    <th scope="row"><code>${name}</code>${mark(required)}</th>
    <td class="type">${typeText(schema)}</td>
    <td>${sentence(schema.description)} ${notes(schema)}</td>
  </tr>`;
  return html`<div class="scroll"><table>
    <caption class="quiet">${caption}</caption>
    <thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
    <tbody>${rows.map(line)}</tbody>
  </table></div>`;
}

const parameterRow = ({ name = '', schema = {}, required = false, description, in: place }: Parameter): Row => ({
  name,
  required,
  schema: {
    ...schema,
    description: `${description ?? schema.description ?? ''}${place === 'path' ? ' (in the path)' : ''}`,
  },
});

function answerLine(status: string, { description, content }: Answer): Html {
  const [type, media] = Object.entries(content ?? {})[0] ?? [];
  const schema = media?.schema;
  const what =
    type === 'application/json'
      ? schema && (schema.$ref ?? schema.items?.$ref) && typeText(schema)
      : type && html`${type}`;
  return html`<div class="answer"><dt><span class="status s${status[0]}">${status}</span></dt>
    <dd>${markdown(description ?? '')}${what && html`<p class="quiet">Body: ${what}</p>`}</dd></div>`;
}

function answers(api: OpenApi, entry: Entry): Html {
  const all = Object.entries(entry.operation.responses);
  const good = all.filter(([, answer]) => !answer.$ref);
  const failures = all.filter(([, answer]) => answer.$ref);
  const success = good.map(([, { content }]) => jsonOf(content)).find(Boolean);
  // A named shape has its table once, at the end of the page.
  const rows = success && !success.$ref && !success.items?.$ref ? rowsOf(api, success) : [];
  return html`<h4>Answers</h4>
    <dl>${good.map(([status, answer]) => answerLine(status, answer))}</dl>
    ${rows.length > 0 && fieldTable(rows, 'Fields of the answer', 'answer')}
    <details><summary>Errors <span class="quiet">${failures.map(([status]) => status).join(', ')}</span></summary>
      <dl>${failures.map(([status, answer]) => answerLine(status, answer))}</dl>
    </details>`;
}

/** For a POSIX shell: everything inside single quotes, a quote itself outside them. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function curlOf(entry: Entry, path: string, body: string | null): string {
  const { method, operation } = entry;
  const parts = [`curl ${method === 'GET' ? '' : `-X ${method} `}"${PLACEHOLDER_ORIGIN}${path}"`];
  if (operation.security?.length !== 0) parts.push('-H "Authorization: Bearer $ENGRAM_API_KEY"');
  if (body !== null) parts.push(`-H "Content-Type: application/json"`, `-d ${quoted(body)}`);
  return parts.join(' \\\n  ');
}

const copyable = (title: string, code: string, extra = ''): Html => html`<figure class="code">
  <figcaption>${title}<button type="button" class="copy" aria-label="Copy: ${title}">Copy</button></figcaption>
  <pre tabindex="0"><code${extra === 'curl' && html` data-curl`}>${code}</code></pre>
</figure>`;

function tryForm(entry: Entry, parameters: readonly Parameter[], body: string | null): Html {
  const id = entry.operation.operationId;
  const field = ({ name = '', required, schema, in: place }: Parameter) => html`<label>
    <span><code>${name}</code>${required && html` <span class="required">required</span>`}</span>
    <input name="${name}" data-in="${place}" autocomplete="off" spellcheck="false"${required && html` required`}
      value="${String(required ? (schema?.examples?.[0] ?? '') : '')}"
      placeholder="${schema?.default === undefined ? '' : String(schema.default)}">
  </label>`;
  return html`<details class="try"><summary>Try it</summary>
    <form data-method="${entry.method}" data-path="${entry.path}" data-open="${String(entry.operation.security?.length === 0)}">
      ${parameters.map(field)}
      ${
        body !== null &&
        html`<label class="wide"><span>Body</span>
        <textarea name="body" rows="${Math.min(14, body.split('\n').length + 1)}" spellcheck="false">${body}</textarea></label>`
      }
      <p><button type="submit" class="send ${entry.method.toLowerCase()}">Send ${entry.method}</button>
        <span class="quiet">This really does it, on this server.</span></p>
      <output aria-live="polite" for="${id}"></output>
    </form>
  </details>`;
}

export function operationSection(api: OpenApi, entry: Entry): Html {
  const { method, path, operation, aliases } = entry;
  // X-Space belongs to every operation with a key; the opening words tell of it, the head of the page has a field for it.
  const parameters = (operation.parameters ?? [])
    .map((parameter) => parameterOf(api, parameter))
    .filter(({ in: place }) => place !== 'header');
  const request = jsonOf(operation.requestBody?.content);
  const body = request ? pretty(exampleOf(api, request, true)) : null;
  const success = Object.values(operation.responses).find(({ $ref, content }) => !$ref && jsonOf(content));
  const answer = success && jsonOf(success.content);
  const filled = path.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const schema = parameters.find((parameter) => parameter.name === name)?.schema;
    return schema ? String(exampleOf(api, schema, true)) : whole;
  });
  return html`<section class="op" id="${operation.operationId}" aria-labelledby="${operation.operationId}-title"
    data-words="${`${method} ${path} ${aliases.join(' ')} ${operation.summary} ${operation.description ?? ''} ${operation.operationId}`.toLowerCase()}">
    <div class="text">
      <h3 id="${operation.operationId}-title"><a href="#${operation.operationId}">
        <span class="method ${method.toLowerCase()}">${method}</span> <code class="path">${path}</code></a></h3>
      <p class="summary">${sentence(operation.summary)}</p>
      ${markdown(operation.description ?? '')}
      ${aliases.length > 0 && html`<p class="quiet">Older clients reach it at ${aliases.map((alias, i) => [i > 0 && ', ', html`<code>${alias}</code>`])}.</p>`}
      ${parameters.length > 0 && html`<h4>Parameters</h4>${fieldTable(parameters.map(parameterRow), 'Parameters', 'request')}`}
      ${
        request &&
        html`<h4>Body${request.$ref && html` <span class="quiet">${nameOf(request.$ref)}</span>`}${operation.requestBody?.required ? '' : html` <span class="quiet">may be left out</span>`}</h4>
        ${Object.keys(schemaOf(api, request).properties ?? {}).length > 0 ? fieldTable(rowsOf(api, request), 'Fields of the body', 'request') : html`<p>An empty object.</p>`}`
      }
      ${answers(api, entry)}
    </div>
    <div class="side">
      ${copyable('curl', curlOf(entry, filled, body), 'curl')}
      ${answer && copyable('Example answer', pretty(exampleOf(api, answer, false)))}
      ${tryForm(entry, parameters, body)}
    </div>
  </section>`;
}
