// Writes `.env.example`, docs/permissions.md and the tables between the marks of README.md and of
// docs/import.md from the code; with --check it writes nothing and fails where they differ from it.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { PASSWORD_HASH_FORMATS } from '../src/adapters/password-hashes/read.ts';
import { ENVIRONMENT } from '../src/config/environment.ts';
import { fileVariable, SECRET_VARIABLES } from '../src/config/secret-files.ts';
import { schema } from '../src/doors/graphql/schema.ts';
import { DIALECTS } from '../src/doors/rest/mounts.ts';
import { permissionsPage } from './permission-docs.ts';

interface Variable {
  readonly name: string;
  readonly description: string;
  readonly defaultText: string;
  readonly example: string;
}

const CONFIGURATION = /(<!-- configuration:start -->\n)[\s\S]*?(<!-- configuration:end -->)/;
const OPERATIONS = /(<!-- operations:start -->\n)[\s\S]*?(<!-- operations:end -->)/;
const FORMATS = /(<!-- formats:start -->\n)[\s\S]*?(<!-- formats:end -->)/;
const DIALECT_ROWS = /(<!-- dialects:start -->\n)[\s\S]*?(<!-- dialects:end -->)/;

/** The variables in the order of the schema. */
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

/** A file for `--env-file`: every variable, none of them set. */
export function envExample(): string {
  const head =
    '# Every variable of Vestibule. What stays commented out has the default that is named.\n';
  const entries = variables().map(
    ({ name, description, defaultText, example }) =>
      `\n# ${description}\n# Default: ${defaultText}\n#${name}=${example}\n`,
  );
  return head + entries.join('').replaceAll('`', '');
}

/** The variables as a table for the README. */
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

/** The documented endpoints that are served, from the mounts. */
export function dialectTable(): string {
  const rows = DIALECTS.map(({ name, rows: endpoints }) => {
    const list = endpoints.map(({ method, path }) => `\`${method} ${path}\``).join('<br>');
    return `| \`${name}\` | ${list} |\n`;
  });
  const head = '| Dialect | Endpoints |\n| --- | --- |\n';
  return `\n<!-- prettier-ignore -->\n${head}${rows.join('')}\n`;
}

/** The password hashes that are verified, for docs/import.md. */
function formatTable(): string {
  const rows = PASSWORD_HASH_FORMATS.map(
    ({ name, example, limits }) => `| ${name} | \`${example}\` | ${limits} |\n`,
  );
  const head = '| Format | Looks like | Taken with |\n| --- | --- | --- |\n';
  return `\n<!-- prettier-ignore -->\n${head}${rows.join('')}\n`;
}

/** What each file should hold. */
export function configDocs(): ReadonlyMap<string, string> {
  const docs = new Map([
    ['.env.example', envExample()],
    ['docs/permissions.md', permissionsPage()],
  ]);
  if (!existsSync('README.md')) return docs;
  const [readme, importPage] = ['README.md', 'docs/import.md'].map((file) =>
    readFileSync(file, 'utf8'),
  ) as [string, string];
  docs.set(
    'docs/import.md',
    importPage.replace(FORMATS, (_all, start: string, end: string) => start + formatTable() + end),
  );
  return docs.set(
    'README.md',
    readme
      .replace(CONFIGURATION, (_all, start: string, end: string) => start + configTable() + end)
      .replace(OPERATIONS, (_all, start: string, end: string) => start + operationTable() + end)
      .replace(DIALECT_ROWS, (_all, start: string, end: string) => start + dialectTable() + end),
  );
}

function main(isCheck: boolean): void {
  mkdirSync('docs', { recursive: true });
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
