/** A real service that a test needs cannot be had on this machine; the message says how to get it. */
export class ServiceUnavailable extends Error {
  readonly service: string;

  constructor(service: string, reason: string, options?: { readonly cause?: unknown }) {
    super(`${service} cannot be had: ${reason}`, options);
    this.name = 'ServiceUnavailable';
    this.service = service;
  }
}
