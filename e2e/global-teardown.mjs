import { stop } from './services-child.mjs';

/** Ends what global-setup.mjs started. */
export default stop;
