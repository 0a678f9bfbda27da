import { cacheExchange, Client, type Exchange, fetchExchange, makeOperation } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { REFRESH, type RefreshData, type RefreshVariables, renew, type Session } from './tokens.ts';

export function createUrqlClient(url: string, session: Session, ...more: Exchange[]): Client {
  const auth = authExchange(async (utilities) => {
    let refused: string | undefined;

    const sendRefresh = async (variables: RefreshVariables): Promise<RefreshData> => {
      const { data, error } = await utilities.mutate<RefreshData>(REFRESH, { ...variables });
      if (!data) throw error ?? new Error('The refresh was not answered.');
      return data;
    };

    return {
      addAuthToOperation: (operation) => {
        const accessToken = session.load()?.accessToken;
        if (accessToken === undefined) return operation;
        const context = { ...operation.context, accessToken };
        return utilities.appendHeaders(makeOperation(operation.kind, operation, context), {
          authorization: `Bearer ${accessToken}`,
        });
      },
      willAuthError: () => {
        const tokens = session.load();
        refused = tokens?.accessToken;
        return tokens !== undefined && tokens.expiresAt <= Date.now();
      },
      didAuthError: ({ graphQLErrors }, { context }) => {
        refused = context.accessToken;
        return graphQLErrors.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED');
      },
      // Called once for all refused operations; then urql sends each of them once more.
      refreshAuth: async () => {
        await renew(session, refused, sendRefresh);
      },
    };
  });

  return new Client({
    url,
    exchanges: [cacheExchange, auth, ...more, fetchExchange],
    // A GET request has its variables in the URL, and servers log URLs.
    preferGetMethod: false,
  });
}
