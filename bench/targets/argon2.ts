// What this machine can hash: a verification for each request and nothing else. As many run at once as
// UV_THREADPOOL_SIZE says.
import { createServer } from 'node:http';
import argon2 from 'argon2';

const password = 'a password for the bench';
const BODY = JSON.stringify({ data: { me: { id: '1', username: 'user' } } });
const hash = await argon2.hash(password, {
  type: argon2.argon2id,
  memoryCost: Number(process.env['ARGON2_MEMORY_KIB']),
  timeCost: Number(process.env['ARGON2_TIME']),
  parallelism: Number(process.env['ARGON2_PARALLELISM']),
});

createServer((req, res) => {
  req.resume().on('end', () => {
    void argon2.verify(hash, password).then((right) => {
      res.writeHead(right ? 200 : 500, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(BODY),
      });
      res.end(BODY);
    });
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
