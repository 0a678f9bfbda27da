import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { GraphiQLOptions } from 'graphql-yoga';
import { type Endpoint, type HttpReply, pageEndpoint } from '../http/endpoint.ts';
import { SIGN_IN_PANEL, SIGN_IN_SCRIPT } from './graphiql-sign-in.ts';

// A pane of GraphiQL shows some fifty columns.
const SETUP = `# First run: this makes the administrator.
# Put in a password of your own and press play,
# then copy the accessToken of the answer.
mutation Setup {
  setup(
    input: {
      username: "admin"
      password: "correct horse battery"
    }
  ) {
    __typename
    ... on AuthPayload {
      accessToken
      refreshToken
      expiresIn
      user { id username systemRole }
    }
    ... on Error { code message }
  }
}
`;

const SIGN_IN = `# Later: sign in, here or by the blue button.
# (The button fills the Headers of every tab.)
mutation SignIn {
  login(
    input: {
      username: "admin"
      password: "correct horse battery"
    }
  ) {
    __typename
    ... on AuthPayload {
      accessToken
      refreshToken
      expiresIn
      user { id username }
    }
    ... on Error { code message }
  }
}
`;

const ME = `# Put your accessToken into the Headers below.
query Me {
  me {
    id
    username
    email
    name
    systemRole
    permissions
    lastLoginAt
    createdAt
  }
}
`;

const USERS = `# For administrators. The token goes below.
query Users {
  users(first: 20) {
    totalCount
    edges {
      node {
        id
        username
        email
        systemRole
        disabled
        lastLoginAt
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const BEARER = JSON.stringify({ Authorization: 'Bearer <accessToken>' }, null, 2);

/** GraphiQL with the tabs of a first run. */
const OPTIONS: GraphiQLOptions = {
  title: 'Vestibule',
  defaultTabs: [
    { query: SETUP },
    { query: SIGN_IN },
    { query: ME, headers: BEARER },
    { query: USERS, headers: BEARER },
  ],
  defaultEditorToolsVisibility: 'headers',
};

// GraphiQL's tabs move away from under the pointer as they get the focus: no click would reach them.
const STYLE = '<style>.graphiql-tab { transform: none !important; }</style>';

/** Whether a person asks with a browser, who would see GraphiQL. */
function wantsPage({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && (headers.accept?.includes('text/html') ?? false);
}

/** GraphiQL, in the place of GraphQL. The page is several megabytes: it is made when it is first asked for. */
export function graphiqlEndpoint(): Endpoint {
  let page: ReturnType<typeof renderPage> | undefined;
  const answer = async (): Promise<HttpReply> => {
    const { html, policy } = await (page ??= renderPage());
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
    };
    return { status: 200, headers, body: html };
  };
  return { ...pageEndpoint('/graphql', answer), methods: ['GET'], takes: wantsPage };
}

async function renderPage() {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const page = renderGraphiQL(OPTIONS);
  const html = page
    .replace('</head>', () => `${STYLE}</head>`)
    .replace(
      /<\/body>\s*<\/html>\s*$/,
      () => `${SIGN_IN_PANEL}<script>${SIGN_IN_SCRIPT}</script></body></html>`,
    );
  const [begin, end] = ['<script>', '</script>'];
  const script = page.slice(page.indexOf(begin) + begin.length, page.lastIndexOf(end));
  return { html: Buffer.from(html), policy: policyOf([script, SIGN_IN_SCRIPT]) };
}

/** Nothing from elsewhere, and no script but the page's own; the editor makes its styles as it goes. */
function policyOf(scripts: readonly string[]): string {
  const hashes = scripts.map(
    (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`,
  );
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ')}`,
    "style-src 'unsafe-inline'",
    'font-src data:',
    'img-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
