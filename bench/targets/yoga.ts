// The base that ratios are taken of: Yoga as it comes on node:http.
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';

const yoga = createYoga({ schema: createSchema({ typeDefs: 'type Query { hello: String }' }) });

createServer((req, res) => void yoga(req, res)).listen(Number(process.env['PORT']), '127.0.0.1');
