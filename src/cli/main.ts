// The command `doppel`: chooses the subcommand and turns errors into one line and a status.
import { DoppelError } from '../base/errors.ts';
import { ctl } from './ctl.ts';
import { disk } from './disk.ts';
import { DOCTOR_HELP, doctor } from './doctor.ts';
import { parseRunOptions, RUN_HELP } from './options.ts';
import { QUICKSTART_HELP, quickstart } from './quickstart.ts';
import { run } from './run.ts';
import { version } from './version.ts';

const HELP = `Doppel: virtual machines of the x86 PC, wherever Node.js runs.

Usage: doppel COMMAND [options]

  run          boot a disk, a CD-ROM or a kernel (doppel run --help)
  ctl          do something to a machine that runs (doppel ctl --help)
  disk         make disk images (doppel disk --help)
  quickstart   boot Debian's kernel with a busybox shell (doppel quickstart --help)
  doctor       what this host offers
  --version    the version
  --help       this text

The first minute: doppel quickstart
`;

/** Runs the command; the result is the process's exit status. */
export async function main(words: readonly string[]): Promise<number> {
  const [command, ...rest] = words;
  // A reader that has gone, or a full disk, is no reason for a stack trace. The serial line has its own way out.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => {
      process.exitCode = 1;
    });
  }
  try {
    switch (command) {
      case undefined:
      case '--help':
      case '-h':
      case 'help':
        process.stdout.write(HELP);
        return command === undefined ? 2 : 0;
      case '--version':
      case 'version':
        process.stdout.write(`doppel ${version()}\n`);
        return 0;
      case 'run': {
        const options = parseRunOptions(rest);
        if (!options) {
          process.stdout.write(RUN_HELP);
          return 0;
        }
        return await run(options);
      }
      case 'quickstart':
        if (rest.includes('--help') || rest.includes('-h')) {
          process.stdout.write(QUICKSTART_HELP);
          return 0;
        }
        return await quickstart(rest);
      case 'disk':
        return disk(rest);
      case 'ctl':
        return await ctl(rest);
      case 'doctor':
        if (rest.includes('--help') || rest.includes('-h')) {
          process.stdout.write(DOCTOR_HELP);
          return 0;
        }
        return await doctor();
      default:
        throw new DoppelError(`There is no command '${command}'. \`doppel --help\` lists them.`);
    }
  } catch (error) {
    if (error instanceof DoppelError) {
      process.stderr.write(`doppel: ${error.message}\n`);
      return 1;
    }
    throw error;
  }
}
