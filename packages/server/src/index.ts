export { ListenError } from './listen-error.ts';
export {
  ConfigError,
  type ListenPoint,
  PROTOCOLS,
  type StartOptions,
  startWeir,
  type Weir,
} from './start-weir.ts';
