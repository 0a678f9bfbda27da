// What a worker thread of sha-crypt-threads.ts runs.
import { parentPort } from 'node:worker_threads';
import { shaCrypt, type ShaCryptJob } from './password-hashes/sha-crypt-digest.ts';

parentPort?.on('message', (job: ShaCryptJob) => parentPort?.postMessage(shaCrypt(job)));
