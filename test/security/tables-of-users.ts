/** What a recovery does with the rows of each table that belong to a user. */
export const TABLES: Readonly<Record<string, string>> = {
  Session: 'ends',
  ApiKey: 'ends',
  OneTimeToken: 'ends',
  UserToken: 'ends',
  TenantInvitation: 'ends',
  TotpCredential: 'ends where it is not confirmed, or the address was never proven',
  RecoveryCode: 'ends with the second factor',
  TenantMembership: 'stays: it lets the account into a tenant, and nobody into the account',
  ProjectMembership: 'stays: it lets the account into a project, and nobody into the account',
  KnownDevice: 'stays: it lets nobody in; the sessions that it stands for stayed too',
  Dashboard: 'stays: it is a page that the account shows',
  User: 'stays: it says who referred the account',
};
