// Feathers with its defaults: JSON Web Tokens, the user looked up on each request, bcrypt, Knex.
import { AuthenticationService, authenticate, JWTStrategy } from '@feathersjs/authentication';
import { hooks, LocalStrategy } from '@feathersjs/authentication-local';
import { feathers } from '@feathersjs/feathers';
import { KnexService } from '@feathersjs/knex';
import { bodyParser, errorHandler, koa, parseAuthentication, rest } from '@feathersjs/koa';
import knex from 'knex';
import { DATABASE_URL, fill, PASSWORD, PORT } from './accounts.mjs';

const Model = knex({ client: 'pg', connection: DATABASE_URL });
const app = koa(feathers());
app.use(errorHandler()).use(parseAuthentication()).use(bodyParser());
app.configure(rest());
app.set('authentication', {
  secret: 'a secret for the bench: 32 bytes and more',
  entity: 'user',
  service: 'users',
  authStrategies: ['jwt', 'local'],
  local: { usernameField: 'email', passwordField: 'password' },
});

class Users extends KnexService {}
app.use('users', new Users({ Model, name: 'users', paginate: { default: 50, max: 50 } }));
app.service('users').hooks({
  around: { all: [authenticate('jwt')] },
  after: { all: [hooks.protect('password')] },
});

const authentication = new AuthenticationService(app);
authentication.register('jwt', new JWTStrategy());
const local = new LocalStrategy();
authentication.register('local', local);
app.use('authentication', authentication);

await Model.schema.createTable('users', (table) => {
  table.increments('id');
  table.string('email').unique();
  table.string('password');
});
await fill(
  `INSERT INTO users (email, password)
   SELECT 'user-' || lpad(n::text, 7, '0') || '@example.com', $2 FROM generate_series(0, $1::int - 1) n`,
  [await local.hashPassword(PASSWORD, {})],
);
await app.listen(PORT, '127.0.0.1');
