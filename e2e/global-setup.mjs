import { start } from './services-child.mjs';

/** Starts the services that all e2e tests share; see src/services.ts. */
export default async function setup() {
  process.env['WEIR_E2E_SERVICES'] = await start();
}
