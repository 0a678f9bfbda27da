// `node dist/main.cjs`: the server, whose hashing gives way. CommonJS, since the pool is still to be started.
import { DEFAULT_NICE, startYieldingPool } from './adapters/yielding-pool.ts';

startYieldingPool(Number(process.env['HASH_NICE'] || DEFAULT_NICE));
const server = './main.js';
void import(server);
