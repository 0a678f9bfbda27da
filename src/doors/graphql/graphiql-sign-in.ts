// GraphiQL keeps its tabs and their headers in the browser's storage and reads them when it starts, which is
// the one place where a page around it can put a token.

/** A sign-in beside GraphiQL: it puts the token among the headers of every tab. */
export const SIGN_IN_PANEL = `
<style>
  .sign-in-open { position: fixed; left: 12px; bottom: 124px; width: 44px; z-index: 10; }
  .sign-in-open, .sign-in button {
    font: inherit; font-size: 13px; cursor: pointer; border: 0; border-radius: 6px; padding: 8px 12px;
    background: #2563eb; color: #fff;
  }
  .sign-in-open { padding: 8px 0; font-size: 12px; line-height: 1.3; }
  .sign-in button[value='cancel'] { background: none; color: inherit; }
  .sign-in {
    border: 1px solid #d1d5db; border-radius: 8px; padding: 20px; width: 300px;
    font-family: system-ui, sans-serif; font-size: 14px;
  }
  .sign-in::backdrop { background: rgb(0 0 0 / 30%); }
  .sign-in h2 { margin: 0 0 12px; font-size: 16px; }
  .sign-in label { display: block; margin-bottom: 12px; }
  .sign-in input {
    box-sizing: border-box; display: block; width: 100%; margin-top: 4px; padding: 7px 8px; font: inherit;
    border: 1px solid #9ca3af; border-radius: 6px;
  }
  .sign-in p { margin: 0 0 12px; color: #b91c1c; }
  .sign-in p:empty, .sign-in [hidden] { display: none; }
  .sign-in footer { display: flex; justify-content: flex-end; gap: 4px; }
</style>
<button class="sign-in-open" type="button">Sign in</button>
<dialog class="sign-in" aria-labelledby="sign-in-title">
  <form>
    <h2 id="sign-in-title">Sign in</h2>
    <label>Username or e-mail <input name="username" autocomplete="username" required></label>
    <label>Password
      <input name="password" type="password" autocomplete="current-password" required></label>
    <label hidden>Code of the authenticator app, or a recovery code
      <input name="code" autocomplete="one-time-code"></label>
    <p role="alert"></p>
    <footer><button type="button" value="cancel">Cancel</button><button>Sign in</button></footer>
  </form>
</dialog>`;

/** What makes the panel work; the page's policy lets it run by its hash. */
export const SIGN_IN_SCRIPT = `
(() => {
  const open = document.querySelector('.sign-in-open');
  const dialog = document.querySelector('.sign-in');
  const form = dialog.querySelector('form');
  const alert = dialog.querySelector('[role=alert]');
  const { username, password, code } = form.elements;
  const TABS = 'graphiql:tabState';
  const RESULT = '__typename ... on AuthPayload { accessToken } ... on Error { message }';
  const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { ' + RESULT +
    ' ... on TotpChallenge { challengeToken } } }';
  const COMPLETE = 'mutation ($input: CompleteLoginInput!) { completeLogin(input: $input) { ' +
    RESULT + ' } }';
  let challengeToken;

  const ask = async (query, input) => {
    const answer = await fetch(location.pathname, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    });
    const { data, errors } = await answer.json();
    if (errors) throw new Error(errors[0].message);
    return data.login ?? data.completeLogin;
  };
  const showStep = (isSecond) => {
    for (const input of [username, password, code]) {
      input.required = (input === code) === isSecond;
      input.parentElement.hidden = !input.required;
    }
  };
  const isSignedIn = () => /Bearer [^<]/.test(localStorage.getItem(TABS) ?? '');
  const write = (token) => {
    const state = JSON.parse(localStorage.getItem(TABS));
    for (const tab of state.tabs) {
      let headers = {};
      try {
        headers = { ...JSON.parse(tab.headers || '{}') };
      } catch {
        // What is no JSON is no headers to GraphiQL either.
      }
      delete headers.Authorization;
      if (token !== undefined) headers.Authorization = 'Bearer ' + token;
      tab.headers = JSON.stringify(headers, null, 2);
    }
    localStorage.setItem(TABS, JSON.stringify(state));
    localStorage.setItem('graphiql:shouldPersistHeaders', 'true');
    // What GraphiQL finds its active tab again by, where the address does not say it.
    for (const part of ['query', 'variables', 'headers']) {
      localStorage.setItem('graphiql:' + part, state.tabs[state.activeTabIndex][part] ?? '');
    }
  };
  const putIntoTabs = (token) => {
    // As the page goes, for GraphiQL stores its tabs half a second late.
    addEventListener('pagehide', () => write(token));
    location.replace(location.pathname);
  };

  open.textContent = isSignedIn() ? 'Sign out' : 'Sign in';
  open.addEventListener('click', () => (isSignedIn() ? putIntoTabs(undefined) : dialog.showModal()));
  dialog.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => {
    challengeToken = undefined;
    alert.textContent = '';
    form.reset();
    showStep(false);
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    alert.textContent = '';
    try {
      const result = challengeToken
        ? await ask(COMPLETE, { challengeToken, code: code.value })
        : await ask(LOGIN, { username: username.value, password: password.value });
      if (result.accessToken) return putIntoTabs(result.accessToken);
      if (result.message) throw new Error(result.message);
      challengeToken = result.challengeToken;
      showStep(true);
      code.focus();
    } catch (error) {
      alert.textContent = error.message;
    }
  });
})();
`;
