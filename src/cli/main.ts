// The command `doppel`: chooses the subcommand and turns errors into one line and a status. Each command's modules are loaded
// when it is given: a script calls `doppel ctl` often, which needs none of the machine.
import { DoppelError } from '../base/errors.ts';
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
        const { parseRunOptions, RUN_HELP } = await import('./options.ts');
        const options = parseRunOptions(rest);
        if (!options) {
          process.stdout.write(RUN_HELP);
          return 0;
        }
        return await (await import('./run.ts')).run(options);
      }
      case 'quickstart': {
        const { QUICKSTART_HELP, quickstart } = await import('./quickstart.ts');
        if (rest.includes('--help') || rest.includes('-h')) {
          process.stdout.write(QUICKSTART_HELP);
          return 0;
        }
        return await quickstart(rest);
      }
      case 'disk':
        return (await import('./disk.ts')).disk(rest);
      case 'ctl':
        return await (await import('./ctl.ts')).ctl(rest);
      case 'doctor': {
        const { DOCTOR_HELP, doctor } = await import('./doctor.ts');
        if (rest.includes('--help') || rest.includes('-h')) {
          process.stdout.write(DOCTOR_HELP);
          return 0;
        }
        if (rest.length > 0) throw new DoppelError(`doctor takes nothing more: leave '${rest[0]}' out.`);
        return await doctor();
      }
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
