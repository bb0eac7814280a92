export { asBuffer } from './as-buffer.ts';
export { Assembly } from './assembly.ts';
