export { postgres } from './plugin.ts';
