// GET /docs: the API reference as one page, made from the OpenAPI document. It loads nothing from elsewhere, and its
// content security policy lets run exactly the script and style it carries.
import type { Sha256 } from '../../../core/crypto.ts';
import { script, style } from './assets.gen.ts';
import { type Entry, entriesOf, type OpenApi, type Schema } from './document.ts';
import { Html, html, markdown, sentence } from './html.ts';
import { fieldTable, operationSection } from './operation.ts';
import { rowsOf } from './schema-text.ts';

const anchor = (title: string): string => `tag-${title.toLowerCase().replaceAll(/\W+/g, '-')}`;

const navLink = ({
  method,
  path,
  operation,
}: Entry): Html => html`<li><a href="#${operation.operationId}" title="${operation.summary}"
  ><span class="method ${method.toLowerCase()}">${method}</span><span class="path">${path}</span></a></li>`;

const schemaSection = (
  api: OpenApi,
  name: string,
  schema: Schema,
): Html => html`<section class="schema" id="schema-${name}">
  <h3><a href="#schema-${name}">${name}</a></h3>
  ${schema.description && html`<p>${sentence(schema.description)}</p>`}
  ${fieldTable(rowsOf(api, schema), `Fields of ${name}`, schema.additionalProperties === false ? 'request' : 'answer')}
</section>`;

function render(api: OpenApi): string {
  const entries = entriesOf(api);
  const groups = api.tags
    .map(({ name, description }) => ({
      name,
      description,
      own: entries.filter(({ operation }) => operation.tags.includes(name)),
    }))
    .filter(({ own }) => own.length > 0);
  const shapes = Object.entries(api.components.schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  const { title, version, description } = api.info;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the operations</a>
<header class="top">
  <p class="brand"><a href="#content">${title}</a> <span class="quiet">${version}</span></p>
  <label class="key"><span>Key</span>
    <input id="key" type="password" autocomplete="off" spellcheck="false" placeholder="for Try it; stays in this page"></label>
  <label class="key"><span>Space</span>
    <input id="space" autocomplete="off" spellcheck="false" placeholder="all, or default"></label>
  <a href="/openapi.json">OpenAPI document</a>
</header>
<nav aria-label="Operations">
  <label class="search"><span class="hidden">Search operations</span>
    <input id="search" type="search" placeholder="Search  ( / )" autocomplete="off" spellcheck="false" aria-describedby="found"></label>
  <p id="found" class="quiet" aria-live="polite"></p>
  ${groups.map(({ name, own }) => html`<div class="group"><h2><a href="#${anchor(name)}">${name}</a></h2><ul>${own.map(navLink)}</ul></div>`)}
  <div class="group"><h2><a href="#shapes">Shapes</a></h2><ul>${shapes.map(([name]) => html`<li><a href="#schema-${name}">${name}</a></li>`)}</ul></div>
</nav>
<main id="content" tabindex="-1">
  <div class="intro"><h1>${title}</h1>${markdown(description ?? '')}</div>
  ${groups.map(
    ({ name, description: about, own }) => html`<div class="tag"><h2 id="${anchor(name)}">${name}</h2>
      <p class="quiet">${sentence(about)}</p>${own.map((entry) => operationSection(api, entry))}</div>`,
  )}
  <div class="tag" id="shapes"><h2>Shapes</h2><p class="quiet">What bodies and answers are made of. Answers may gain fields.</p>
    ${shapes.map(([name, schema]) => schemaSection(api, name, schema))}</div>
</main>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

export function createReference(document: unknown, sha256: Sha256) {
  const api = document as OpenApi;
  const hash = (text: string) => `'sha256-${Buffer.from(sha256(text), 'hex').toString('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
  let page: { html: string; headers: Record<string, string> } | undefined;
  let json: string | undefined;
  // Made when first asked for: most servers never are.
  return {
    json: () => (json ??= JSON.stringify(document)),
    page: () => (page ??= { html: render(api), headers: { 'content-security-policy': policy } }),
  };
}
