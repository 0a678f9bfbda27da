import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Dialect, Row } from '../dialect.ts';
import { DIALECTS } from '../mounts.ts';
import { type Answer, failuresOf, resultsOf, signInOf } from './answers.ts';
import { exampleRequest } from './example-request.ts';
import { SCRIPT, STYLE } from './page-parts.ts';
import { fieldsOf, type FieldSchema } from './schemas.ts';

type Html = ReturnType<typeof html>;

/** The reference of all dialects, with what a browser may do with it: nothing but ask this server. */
export async function renderPage(): Promise<{ readonly html: string; readonly policy: string }> {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <title>Vestibule: the REST dialects</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <h1>The REST dialects</h1>
        <p>
          One account server, and the account APIs whose clients it takes. Each answers under
          <code>/compat/&lt;name&gt;</code>; what they share they do the same way.
        </p>
        <p>
          <label>Bearer token for what you try: <input id="token" autocomplete="off" /></label>
          <span class="quiet">It stays in this page. Dukatia's cookie is kept by the browser.</span>
        </p>
        <nav>${DIALECTS.map(({ name, title }) => html`<a href="#${name}">${title}</a> `)}</nav>
        ${DIALECTS.map(section)} ${raw(`<script>${SCRIPT}</script>`)}
      </body>
    </html>`;
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(SCRIPT)}'`,
    `style-src '${hashOf(STYLE)}'`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html: String(await page), policy };
}

const hashOf = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

function section(dialect: Dialect): Html {
  const { name, title, about } = dialect;
  return html`<section id="${name}">
    <h2>${title}</h2>
    <p>${about} <a href="/compat/${name}/openapi.json">OpenAPI document</a></p>
    ${dialect.rows.map((row) => route(dialect, row))}
  </section>`;
}

const SIGN_IN = { needed: 'signed in', optional: 'signed in or not' } as const;

async function route(dialect: Dialect, row: Row): Promise<Html> {
  const signIn = signInOf(row);
  const results = await resultsOf(row);
  return html`<details>
    <summary>
      <b>${row.method}</b> <code>${row.path}</code>
      <span class="quiet">${signIn ? SIGN_IN[signIn] : 'anyone'}</span>
    </summary>
    <p>${row.operation.description}</p>
    ${fieldTable(fieldsOf(row))} ${answerTable([...results, ...failuresOf(dialect, row)])}
    ${tryIt(dialect, row)}
  </details>`;
}

function fieldTable(fields: readonly FieldSchema[]): Html | string {
  if (fields.length === 0) return '';
  return html`<div class="scroll">
    <table>
      <tr>
        <th>Field</th>
        <th>In</th>
        <th>Takes</th>
        <th>Is</th>
      </tr>
      ${fields.map(
        ({ name, place, required, schema }) =>
          html`<tr>
            <td><code>${place === 'bearer' ? 'Authorization' : name}</code></td>
            <td>${place}</td>
            <td>${typeOf(schema)}${required ? '' : ', optional'}</td>
            <td>${schema['description'] ?? ''}</td>
          </tr>`,
      )}
    </table>
  </div>`;
}

function typeOf({ type, enum: values, anyOf }: FieldSchema['schema']): string {
  if (Array.isArray(values)) return values.join(', ');
  const types = [anyOf ?? type].flat() as readonly (FieldSchema['schema'] | string)[];
  const names = types.map((one) => (typeof one === 'object' ? typeOf(one) : one));
  return names.filter((one) => one !== 'null' && one !== '').join(', ');
}

function answerTable(answers: readonly Answer[]): Html {
  const rows = new Map(
    answers.map((answer) => {
      const body = answer.body === undefined ? 'nothing' : JSON.stringify(answer.body);
      return [`${answer.status} ${body}`, { ...answer, body }] as const;
    }),
  );
  const sorted = [...rows.values()].sort((one, other) => one.status - other.status);
  return html`<div class="scroll">
    <table>
      <tr>
        <th>Status</th>
        <th>When</th>
        <th>Answer</th>
      </tr>
      ${sorted.map(
        ({ status, says, body }) =>
          html`<tr>
            <td>${status}</td>
            <td>${says}</td>
            <td><code>${body}</code></td>
          </tr>`,
      )}
    </table>
  </div>`;
}

function tryIt({ name, cookie }: Dialect, row: Row): Html {
  const { method, path, contentType, body = '' } = exampleRequest(row);
  const url = `/compat/${name}${path}`;
  const credential = cookie === undefined ? 'Authorization: Bearer <token>' : `Cookie: ${cookie}=…`;
  const curl = [
    'curl',
    method === 'GET' ? '' : `-X ${method}`,
    `"$ORIGIN${url}"`,
    signInOf(row) === 'needed' ? `-H '${credential}'` : '',
    contentType === undefined ? '' : `-H 'Content-Type: ${contentType}' -d '${body}'`,
  ];
  return html`<pre class="curl">${curl.filter((part) => part !== '').join(' ')}</pre>
    <button type="button" class="copy">Copy</button>
    <form data-method="${method}" data-type="${contentType ?? ''}">
      <label>Path <input name="url" value="${url}" /></label>
      ${
        contentType === undefined
          ? ''
          : html`<label>Body <textarea name="body" rows="2">${body}</textarea></label>`
      }
      <button>Try it</button>
      <output></output>
    </form>`;
}
