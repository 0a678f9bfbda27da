// What this machine can hash: a verification for each request and nothing else. As many run at once as
// UV_THREADPOOL_SIZE says.
import { createServer } from 'node:http';
import { hash as argon2id } from '@node-rs/argon2';

/** A package that hashes with argon2; LIBRARY names it. */
interface Library {
  readonly verify: (hash: string, password: string) => Promise<boolean>;
}

const library = (await import(process.env['LIBRARY'] ?? '')) as Library;

const password = 'a password for the bench';
const BODY = JSON.stringify({ data: { me: { id: '1', username: 'user' } } });
const hash = await argon2id(password, {
  memoryCost: Number(process.env['ARGON2_MEMORY_KIB']),
  timeCost: Number(process.env['ARGON2_TIME']),
  parallelism: Number(process.env['ARGON2_PARALLELISM']),
});

createServer((req, res) => {
  req.resume().on('end', () => {
    void library.verify(hash, password).then((right) => {
      res.writeHead(right ? 200 : 500, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(BODY),
      });
      res.end(BODY);
    });
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
