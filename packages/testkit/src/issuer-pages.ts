import type { Person } from './issuer-people.ts';

/** Nothing but the page's own style and forms; no script, no frame, no other origin. */
export const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif; color: #1c2430; background: #f4f6f8; }
  main { max-width: 26rem; margin: 12vh auto; padding: 2rem; background: #fff; border-radius: 8px; }
  h1 { font-size: 1.25rem; margin-top: 0; }
  code { font-size: 1.5rem; letter-spacing: .1em; }
  button, input { font: inherit; width: 100%; padding: .6rem; margin: .25rem 0; box-sizing: border-box; }
  small { color: #5b6675; }
`;

/** The page on which a code is typed; `form` is the library's own, with its forgery token. */
export function codePage(form: string, problem: string | undefined): string {
  const note = problem === undefined ? 'Enter the code that your terminal shows.' : problem;
  return page(
    'Sign in',
    `<p>${escapeHtml(note)}</p>${form}
    <button type="submit" form="op.deviceInputForm">Continue</button>`,
  );
}

/** The page on which the person compares the code with the terminal's. */
export function confirmPage(form: string, client: string, code: string): string {
  return page(
    'Is this your terminal?',
    `<p><strong>${escapeHtml(client)}</strong> asks to sign in as you. It should show</p>
    <p><code>${escapeHtml(code)}</code></p>
    ${form}
    <button type="submit" form="op.deviceConfirmForm">Yes, continue</button>
    <button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No, stop</button>`,
  );
}

/** The page on which the person says who they are. There is no password: it is a sample issuer. */
export function peoplePage(people: readonly Person[]): string {
  const choices = people.map(
    (person) =>
      `<button type="submit" name="person" value="${escapeHtml(person.subject)}">
      ${escapeHtml(person.name)} <small>${escapeHtml(person.email)}, ${escapeHtml(person.groups.join(', '))}</small>
      </button>`,
  );
  return page('Who are you?', `<form method="post">${choices.join('\n')}</form>`);
}

/** A page with one sentence. */
export function notePage(title: string, note: string): string {
  return page(title, `<p>${escapeHtml(note)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(title)}</h1>${body}
<p><small>Sample identity provider on this machine, without passwords.</small></p></main></body>
</html>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
