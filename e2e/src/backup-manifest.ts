import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface ManifestFile {
  readonly Path: string;
  readonly Size: number;
  readonly 'Checksum-Algorithm': string;
  readonly Checksum: string;
}

/**
 * Checks every file of a base backup against the manifest that the server made (with SHA256
 * checksums), and resolves to the paths of those that differ and the number of all.
 */
export async function checkBackup(
  dir: string,
): Promise<{ readonly files: number; readonly wrong: readonly string[] }> {
  const manifest: { readonly Files: readonly ManifestFile[] } = JSON.parse(
    await readFile(join(dir, 'backup_manifest'), 'utf8'),
  );
  const wrong: string[] = [];
  for (const { Path, Checksum, 'Checksum-Algorithm': algorithm } of manifest.Files) {
    const hash = createHash(algorithm).update(await readFile(join(dir, Path)));
    if (hash.digest('hex') !== Checksum) wrong.push(Path);
  }
  return { files: manifest.Files.length, wrong };
}
