import type { ApiKey, Session, User } from './generated/sqlite/client.ts';

// The rows that every request is authenticated by. Both databases have them alike.

export type UserRow = User;
export type SessionRow = Session;
export type ApiKeyRow = ApiKey;

export type SessionWithUser = SessionRow & { readonly user: UserRow };
export type ApiKeyWithUser = ApiKeyRow & { readonly user: UserRow };
