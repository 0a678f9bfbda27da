// Writes `.env.example`, docs/permissions.md and the marked tables of the other pages from the code.
// With --check it writes nothing and fails if a file differs from the code.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { PASSWORD_HASH_FORMATS } from '../src/adapters/password-hashes/read.ts';
import { ENVIRONMENT } from '../src/config/environment.ts';
import { fileVariable, SECRET_VARIABLES } from '../src/config/secret-files.ts';
import { schema } from '../src/doors/graphql/schema.ts';
import { DIALECTS } from '../src/doors/rest/mounts.ts';
import { withTable } from './marked-table.ts';
import { permissionsPage } from './permission-docs.ts';

interface Variable {
  readonly name: string;
  readonly description: string;
  readonly defaultText: string;
  readonly example: string;
}

/** The variables in the order of the configuration schema. */
export function variables(): readonly Variable[] {
  return Object.entries(ENVIRONMENT.shape).map(([name, schema]) => {
    const { description = '', defaultText } = schema.meta() ?? {};
    const fallback = schema.type === 'default' ? String(schema.def.defaultValue) : '';
    return {
      name,
      description: SECRET_VARIABLES.includes(name)
        ? `${description} Or \`${fileVariable(name)}\`: a file that holds it.`
        : description,
      defaultText: typeof defaultText === 'string' ? defaultText : `\`${fallback}\``,
      example: fallback,
    };
  });
}

/** A file for `--env-file` that lists every variable and sets none. */
export function envExample(): string {
  const head =
    '# Every variable of Vestibule. A variable that is commented out has the default in its comment.\n';
  const entries = variables().map(
    ({ name, description, defaultText, example }) =>
      `\n# ${description}\n# Default: ${defaultText}\n#${name}=${example}\n`,
  );
  return head + entries.join('').replaceAll('`', '');
}

/** The variables as a table for docs/configuration.md. */
export function configTable(): string {
  const rows = variables().map(
    ({ name, description, defaultText }) => `| \`${name}\` | ${defaultText} | ${description} |\n`,
  );
  const head = '| Variable | Default | Meaning |\n| --- | --- | --- |\n';
  return `\n<!-- prettier-ignore -->\n${head}${rows.join('')}\n`;
}

/** The root fields of the GraphQL contract. */
export function operationTable(): string {
  const rows = [
    ['Queries', schema.getQueryType()],
    ['Mutations', schema.getMutationType()],
    ['Subscriptions', schema.getSubscriptionType()],
  ] as const;
  const lines = rows.map(([kind, type]) => {
    const names = Object.keys(type?.getFields() ?? {}).map((name) => `\`${name}\``);
    return `| ${kind} | ${names.join(' ')} |\n`;
  });
  return `\n<!-- prettier-ignore -->\n| | |\n| --- | --- |\n${lines.join('')}\n`;
}

/** The endpoints of each REST dialect, as the mounts serve them. */
export function dialectTable(): string {
  const rows = DIALECTS.map(({ name, rows: endpoints }) => {
    const list = endpoints.map(({ method, path }) => `\`${method} ${path}\``).join('<br>');
    return `| \`${name}\` | ${list} |\n`;
  });
  const head = '| Dialect | Endpoints |\n| --- | --- |\n';
  return `\n<!-- prettier-ignore -->\n${head}${rows.join('')}\n`;
}

/** The formats of password hashes that the server verifies, for docs/import.md. */
function formatTable(): string {
  const rows = PASSWORD_HASH_FORMATS.map(
    ({ name, example, limits }) => `| ${name} | \`${example}\` | ${limits} |\n`,
  );
  const head = '| Format | Looks like | Taken with |\n| --- | --- | --- |\n';
  return `\n<!-- prettier-ignore -->\n${head}${rows.join('')}\n`;
}

/** Each generated table by its page and by the name of its marks. */
const TABLES = [
  { page: 'docs/configuration.md', name: 'configuration', table: configTable },
  { page: 'docs/graphql.md', name: 'operations', table: operationTable },
  { page: 'docs/import.md', name: 'formats', table: formatTable },
  { page: 'docs/rest.md', name: 'dialects', table: dialectTable },
] as const;

/** Every generated file with the content that the code gives it. */
export function configDocs(): ReadonlyMap<string, string> {
  const docs = new Map([
    ['.env.example', envExample()],
    ['docs/permissions.md', permissionsPage()],
  ]);
  for (const { page, name, table } of TABLES) {
    docs.set(page, withTable(readFileSync(page, 'utf8'), name, table()));
  }
  return docs;
}

function main(isCheck: boolean): void {
  for (const [file, content] of configDocs()) {
    if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
    if (!isCheck) writeFileSync(file, content);
    else {
      console.error(`${file} differs from the code: npm run config:docs`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(process.argv.includes('--check'));
}
