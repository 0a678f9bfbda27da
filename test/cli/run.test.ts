import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { cli } from '../support/cli.ts';
import { CLI } from '../support/process.ts';

describe('the command line', () => {
  it.each([
    [[], 0, 'usage: vestibule <command>'],
    [['--version'], 0, `vestibule ${manifest.version}\n`],
    [['help'], 0, 'import <file.ndjson | ->'],
    [['import', '--help'], 0, 'usage: vestibule import'],
    [['toString'], 2, 'there is no command "toString"'],
    [['import'], 2, 'usage: vestibule import'],
    [['import', 'a', 'b'], 2, 'usage: vestibule import'],
    [['import', 'a', '--fast'], 2, "Unknown option '--fast'"],
  ])('answers %j with %d', async (args, code, words) => {
    const answer = await cli({}, args);
    expect(answer.code).toBe(code);
    expect(answer.output + answer.errors).toContain(words);
  });

  it('ends its process with the code, and says why on standard error', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'impart'], {
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^vestibule: there is no command "impart"\n/);
  });
});
