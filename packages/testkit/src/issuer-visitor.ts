/** Redirects that one step of a sign-in may take. */
const MAX_REDIRECTS = 10;

/** What the visitor does on the issuer's pages. */
export interface Visit {
  /** The address that the device showed, with or without the code in it (RFC 8628 §3.3). */
  readonly address: string;
  /** The code to type when the address does not carry it. */
  readonly code?: string;
  /** The subject of the person to be, or `undefined` to say no on the confirmation page. */
  readonly person: string | undefined;
  /** The browser's cookies; the same map on the next visit is the same browser. */
  readonly cookies?: Map<string, string>;
}

/**
 * Goes through the embedded issuer's sign-in pages as a browser without scripts would: follows
 * redirects, keeps cookies, submits the forms. Answers the last page's text.
 */
export async function visitSignIn(visit: Visit): Promise<string> {
  const browser = new Browser(visit.cookies ?? new Map());
  let page = await browser.get(visit.address);
  if (visit.code !== undefined) {
    page = await browser.submit(page, { user_code: visit.code });
  }
  if (visit.person === undefined) {
    return (await browser.submit(page, { abort: 'yes' })).text;
  }
  page = await browser.submit(page, {});
  return (await browser.submit(page, { person: visit.person })).text;
}

interface Page {
  readonly address: string;
  readonly text: string;
}

class Browser {
  readonly #cookies: Map<string, string>;

  constructor(cookies: Map<string, string>) {
    this.#cookies = cookies;
  }

  get(address: string): Promise<Page> {
    return this.#open(address, { method: 'GET' });
  }

  /** Submits the page's form with its hidden fields and the given ones. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page> {
    const action = attribute(page.text.match(/<form[^>]*>/)?.[0] ?? '', 'action');
    const body = new URLSearchParams({ ...hiddenFields(page.text), ...fields });
    const address = new URL(action ?? page.address, page.address).href;
    return this.#open(address, { method: 'POST', body });
  }

  /** Opens a page; one that only waits to be submitted by its script is submitted at once. */
  async #open(address: string, init: RequestInit): Promise<Page> {
    const page = await this.#request(address, init);
    return page.text.includes('document.forms[0].submit()') ? this.submit(page, {}) : page;
  }

  async #request(address: string, init: RequestInit): Promise<Page> {
    let next: { address: string; init: RequestInit } = { address, init };
    for (let step = 0; step < MAX_REDIRECTS; step += 1) {
      const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(next.address, {
        ...next.init,
        headers: { cookie },
        redirect: 'manual',
      });
      this.#keepCookies(response.headers.getSetCookie());
      const text = await response.text();
      const location = response.headers.get('location');
      if (location === null) {
        return { address: next.address, text };
      }
      next = { address: new URL(location, next.address).href, init: { method: 'GET' } };
    }
    throw new Error('The sign-in pages redirect without end');
  }

  #keepCookies(lines: readonly string[]): void {
    for (const line of lines) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/) ?? [];
      if (name !== undefined && value !== undefined) {
        this.#cookies.set(name, value);
      }
    }
  }
}

function hiddenFields(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = attribute(tag, 'name');
    if (name !== undefined) {
      fields[name] = attribute(tag, 'value') ?? '';
    }
  }
  return fields;
}

function attribute(tag: string, name: string): string | undefined {
  return tag.match(new RegExp(`\\b${name}="([^"]*)"`))?.[1];
}
