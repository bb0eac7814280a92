/** `npm start [-- --tour]`: the sample scene, from a fresh clone. */
import { become, main, prepareWorkspace } from './workspace.mjs';

main(async () => {
  await prepareWorkspace();
  become('node', ['examples/quickstart/dist/main.js', ...process.argv.slice(2)]);
});
