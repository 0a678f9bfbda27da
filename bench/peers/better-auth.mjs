// better-auth with its defaults: scrypt, sessions in PostgreSQL, looked up on each request.
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { hashPassword } from 'better-auth/crypto';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import { admin, bearer } from 'better-auth/plugins';
import pg from 'pg';
import { DATABASE_URL, fill, PASSWORD, PORT } from './accounts.mjs';

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: 'a secret for the bench: 32 bytes and more',
  database: new pg.Pool({ connectionString: DATABASE_URL }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [bearer(), admin()],
});

await (await getMigrations(auth.options)).runMigrations();
await fill(
  `INSERT INTO "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", role)
   SELECT 'u' || n, 'user ' || n, 'user-' || lpad(n::text, 7, '0') || '@example.com', true, now(), now(),
     CASE n WHEN 0 THEN 'admin' ELSE 'user' END
   FROM generate_series(0, $1::int - 1) n`,
  [],
);
await fill(
  `INSERT INTO account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
   SELECT 'a' || n, 'u' || n, 'credential', 'u' || n, $2, now(), now()
   FROM generate_series(0, $1::int - 1) n`,
  [await hashPassword(PASSWORD)],
);
createServer(toNodeHandler(auth)).listen(PORT, '127.0.0.1');
