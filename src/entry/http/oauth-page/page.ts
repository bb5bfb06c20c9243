// What people see when a program wants to connect: a page without a script, that loads nothing, and whose form goes to this
// server and from there back to the program.
import type { Sha256 } from '../../../core/crypto.ts';
import type { Asked } from '../../../features/oauth/consent.ts';
import type { Page, Pages } from '../../../features/oauth/routes.ts';
import { type Html, html, Html as Markup } from '../docs-page/html.ts';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { max-width: 30rem; margin: 1rem; padding: 1.5rem 2rem; border: 1px solid color-mix(in srgb, CanvasText 25%, Canvas); border-radius: .75rem; }
h1 { font-size: 1.35rem; line-height: 1.3; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; }
dt { color: color-mix(in srgb, CanvasText 65%, Canvas); }
dd { margin: 0; overflow-wrap: anywhere; font-weight: 600; }
fieldset { border: 0; margin: 1rem 0; padding: 0; }
legend { font-weight: 600; }
label { display: block; margin: .35rem 0; }
input[type=password] { display: block; box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .5rem; font: inherit; }
.problem { padding: .5rem .75rem; border-left: .25rem solid #c62828; }
.quiet { font-size: .875rem; color: color-mix(in srgb, CanvasText 65%, Canvas); }
.buttons { display: flex; gap: .75rem; margin-top: 1.25rem; }
button { flex: 1; padding: .6rem; font: inherit; border-radius: .5rem; cursor: pointer; }
`;

const MEANS = {
  read: 'Read your memories: search them, list them, ask about them',
  write: 'Write memories: store, change and forget them',
} as const;

const document = (title: string, body: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}</style>
</head>
<body><main>${body}</main></body>
</html>
`.text;

const hidden = (name: string, value: string | undefined): Html | false =>
  value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`;

const form = ({ client, scopes, redirect_uri, state, code_challenge, resource }: Asked, mark: string): Html => html`
<form method="post" action="/oauth/authorize">
  ${hidden('response_type', 'code')}${hidden('client_id', client.client_id)}${hidden('redirect_uri', redirect_uri)}
  ${hidden('scope', scopes.join(' '))}${hidden('state', state)}${hidden('resource', resource)}
  ${hidden('code_challenge', code_challenge)}${hidden('code_challenge_method', 'S256')}${hidden('form', mark)}
  <fieldset><legend>It may</legend>
  ${scopes.map((scope) => html`<label><input type="checkbox" name="allow_${scope}" value="1" checked> ${MEANS[scope]}</label>`)}
  </fieldset>
  <label>Your Engram key
    <input type="password" name="key" required autocomplete="current-password" spellcheck="false" autocapitalize="off"></label>
  <p class="quiet">The key shows that the memories are yours. The program never gets it: it gets a token that ends when you
  revoke this key, or end the connection.</p>
  <div class="buttons">
    <button type="submit" name="decision" value="allow">Allow</button>
    <button type="submit" name="decision" value="deny" formnovalidate>Deny</button>
  </div>
</form>`;

/** @param targets where the form may lead, as sources of a policy */
export function createOAuthPages(sha256: Sha256, targets: (redirect_uri: string) => string): Pages {
  const style = `'sha256-${Buffer.from(sha256(STYLE), 'hex').toString('base64')}'`;
  const page = (title: string, body: Html, form_action: string): Page => ({
    html: document(title, body),
    headers: {
      'content-security-policy': [
        "default-src 'none'",
        `style-src ${style}`,
        'img-src data:',
        `form-action ${form_action}`,
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      // Not `no-referrer`: browsers would then not say where the form comes from.
      'referrer-policy': 'same-origin',
    },
  });

  return {
    ask(asked, mark, problem) {
      const { client, redirect_uri } = asked;
      const said = client.vouched_by ?? 'nobody: the name is what the program says of itself';
      const body = html`
<h1>${client.name} wants to use your Engram memories</h1>
${problem !== null && html`<p class="problem" role="alert">${problem}</p>`}
<dl>
  <dt>Name confirmed by</dt><dd>${said}</dd>
  <dt>Then you go to</dt><dd>${new URL(redirect_uri).host}</dd>
</dl>
${form(asked, mark)}`;
      return page(`Connect ${client.name}`, body, `'self' ${targets(redirect_uri)}`);
    },
    stop: (problem) =>
      page(
        'Not connected',
        html`<h1>The program could not be connected</h1><p class="problem" role="alert">${problem}</p>
<p class="quiet">Nothing was granted. Go back to the program and try again; if this happens once more, tell its makers what is said above.</p>`,
        "'none'",
      ),
  };
}
