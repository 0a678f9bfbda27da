// `npm start`: builds what is missing and runs the server as a developer wants it. NODE_ENV is set
// before anything is loaded: without it GraphQL runs several times slower.
import { existsSync } from 'node:fs';

if (existsSync('.env')) process.loadEnvFile('.env');
process.env.NODE_ENV ||= 'production';
process.env.PROFILE ||= 'development';
process.argv.push('--if-needed');
await import('./build.mjs');
await import('../dist/main.js');
