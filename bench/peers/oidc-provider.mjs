// oidc-provider with its store in memory: opaque access tokens, rotated refresh tokens.
import Provider from 'oidc-provider';
import { PORT } from './accounts.mjs';

const CLIENT_ID = 'bench';
const provider = new Provider(`http://127.0.0.1:${PORT}`, {
  clients: [
    {
      client_id: CLIENT_ID,
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://client.example.com/callback'],
    },
  ],
  findAccount: (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  rotateRefreshToken: true,
  features: { devInteractions: { enabled: false } },
});

// Signing in is a dialogue in a browser, which is not what is measured: the tokens are made here.
provider.use(async (ctx, next) => {
  if (ctx.path !== '/bench/tokens') return next();
  const accountId = `user-${ctx.query.user}`;
  const client = await provider.Client.find(CLIENT_ID);
  const grant = new provider.Grant({ accountId, clientId: CLIENT_ID });
  grant.addOIDCScope('openid offline_access');
  const common = {
    accountId,
    client,
    grantId: await grant.save(),
    gty: 'authorization_code',
    scope: 'openid offline_access',
    expiresWithSession: false,
  };
  const now = Math.floor(Date.now() / 1000);
  ctx.body = {
    accountId,
    accessToken: await new provider.AccessToken(common).save(),
    refreshToken: await new provider.RefreshToken({
      ...common,
      authTime: now,
      iiat: now,
      rotations: 0,
    }).save(),
  };
});
provider.listen(PORT, '127.0.0.1');
