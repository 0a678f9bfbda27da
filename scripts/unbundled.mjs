// Packages that find files of theirs beside themselves: native code, WebAssembly, a page of nine megabytes.
// The bundle leaves them where they are, so whoever runs it needs them and nothing else.
export const UNBUNDLED = [
  '@node-rs/argon2',
  'bcrypt',
  'libsql',
  '@prisma/client',
  '@graphql-yoga/render-graphiql',
];
