import {
  getNamedType,
  type GraphQLField,
  type GraphQLNamedType,
  isLeafType,
  isUnionType,
} from 'graphql';
import { expect } from 'vitest';
import type { RestAnswer, TestApp } from '../support/app.ts';
import type { Verdict } from './verdicts.ts';

type Field = GraphQLField<unknown, unknown>;

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** Failures that say: for you there is no such thing. */
const UNSEEN = /^(USER|TENANT|PROJECT)_NOT_FOUND$/;

/** A document that asks one root field with the variables that are given. */
export function documentFor(kind: string, field: Field, variables: object): string {
  const given = field.args.filter(({ name }) => name in variables);
  const declared = given.map(({ name, type }) => `$${name}: ${String(type)}`).join(', ');
  const passed = given.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = selectionFor(getNamedType(field.type));
  const head = declared === '' ? kind : `${kind} (${declared})`;
  return `${head} { ${field.name}${passed === '' ? '' : `(${passed})`} ${selection} }`;
}

function selectionFor(type: GraphQLNamedType): string {
  if (isLeafType(type)) return '';
  const fails =
    isUnionType(type) && type.getTypes().some((member) => member.getInterfaces().length > 0);
  return fails ? '{ __typename ... on Error { code } }' : '{ __typename }';
}

/** How a GraphQL request ended for whoever asked. */
export async function askGraphql(
  app: TestApp,
  credentials: Readonly<Record<string, string>>,
  query: string,
  variables: object,
): Promise<Verdict> {
  // A stream that is let in cannot be JSON: it answers 406, which is a verdict too.
  const headers = {
    ...credentials,
    'content-type': 'application/json',
    accept: 'application/json',
  };
  const answer = await app.rest('POST', '/graphql', { headers, body: { query, variables } });
  if (answer.status === 406) return 'in';
  const { data, errors = [] } = answer.body as Answer;
  const code = errors[0]?.extensions.code;
  if (code === 'UNAUTHENTICATED') return '401';
  if (code === 'FORBIDDEN') return '403';
  if (UNSEEN.test(code ?? '')) return '404';
  expect(code, `${query} ${answer.text}`).toBeUndefined();
  const result = Object.values(data ?? {})[0] as { code?: string } | readonly unknown[] | null;
  if (result === null) return '404';
  if (Array.isArray(result)) return result.includes(null) ? '404' : 'in';
  return UNSEEN.test((result as { code?: string }).code ?? '') ? '404' : 'in';
}

/** Who it is not there for, in the words of a document. */
const NOT_THERE = /^\{"detail":"(Project|User) '[^']*' not found"\}$/;

/** The same for a route. A wrong password is a 401 of the operation's own, and no challenge comes with it. */
export function restVerdict({ status, text, headers }: RestAnswer): Verdict {
  const isStranger = headers.has('www-authenticate') || text.includes('access_token');
  if (status === 401 && isStranger) return '401';
  if (status === 403 || text.includes('to be a superuser')) return '403';
  if (NOT_THERE.test(text)) return '404';
  expect(status, text).toBeLessThan(500);
  return 'in';
}
