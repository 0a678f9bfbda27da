// What Node itself can do: a fixed answer to whatever is posted.
import { createServer } from 'node:http';

const BODY = JSON.stringify({ data: { me: { id: '1', username: 'user' } } });

createServer((req, res) => {
  req.resume().on('end', () => {
    res.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(BODY),
    });
    res.end(BODY);
  });
}).listen(Number(process.env['PORT']), '127.0.0.1');
