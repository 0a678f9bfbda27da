/** How the reference looks: plain, in the colours of the reader's system. */
export const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin: 2.5rem 0 0.25rem; }
nav a { margin-right: 1rem; }
code, pre, textarea, input { font: 13px/1.5 ui-monospace, monospace; }
details { border-top: 1px solid #8885; padding: 0.4rem 0; }
summary { cursor: pointer; }
summary b { display: inline-block; width: 4.5rem; }
.quiet { color: GrayText; margin-left: 0.75rem; }
.scroll { overflow-x: auto; margin: 0.75rem 0; }
table { border-collapse: collapse; width: 100%; min-width: 36rem; }
th, td { text-align: left; vertical-align: top; padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid #8883; }
td code { overflow-wrap: anywhere; }
td:first-child code { white-space: nowrap; }
pre { background: #8881; padding: 0.6rem; white-space: pre-wrap; overflow-wrap: anywhere; }
form { margin: 0.75rem 0 1.5rem; }
label { display: block; margin-bottom: 0.4rem; }
form input, form textarea { display: block; box-sizing: border-box; width: 100%; }
output { display: block; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; margin-top: 0.6rem; }
`;

/** Copies a line, and asks the server what a form says. */
export const SCRIPT = `
for (const line of document.querySelectorAll('.curl')) {
  line.textContent = line.textContent.replace('$ORIGIN', location.origin);
}
for (const button of document.querySelectorAll('.copy')) {
  button.onclick = async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = 'Copied';
  };
}
for (const form of document.forms) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    const { method, type } = form.dataset;
    const token = document.getElementById('token').value.trim();
    const output = form.querySelector('output');
    const path = form.elements.url.value;
    if (!path.startsWith('/compat/')) {
      output.textContent = 'A path begins with /compat/.';
      return;
    }
    try {
      const answer = await fetch(path, {
        method,
        headers: {
          ...(type && { 'content-type': type }),
          ...(token && { authorization: 'Bearer ' + token }),
        },
        ...(form.elements.body && { body: form.elements.body.value }),
      });
      output.textContent = answer.status + ' ' + answer.statusText + '\\n' + (await answer.text());
    } catch (error) {
      output.textContent = String(error);
    }
  };
}
`;
