// What graphql-js can do without a server library: documents are parsed once and not validated.
import { createServer } from 'node:http';
import { buildSchema, type DocumentNode, execute, parse } from 'graphql';

const schema = buildSchema('type Query { me: User! } type User { id: ID! username: String }');
const rootValue = { me: { id: '1', username: 'user' } };
const documents = new Map<string, DocumentNode>();

createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on(
    'end',
    () => void answer(Buffer.concat(chunks).toString('utf8')).then((body) => send(body)),
  );

  const send = (body: string) => {
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
    });
    res.end(body);
  };
}).listen(Number(process.env['PORT']), '127.0.0.1');

async function answer(body: string): Promise<string> {
  const { query } = JSON.parse(body) as { query: string };
  const document = documents.get(query) ?? parse(query);
  documents.set(query, document);
  return JSON.stringify(await execute({ schema, document, rootValue }));
}
