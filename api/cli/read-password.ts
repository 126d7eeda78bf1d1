import { createInterface } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { usage } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Far more than anybody types: what is longer is some other file. */
const MOST_CHARACTERS = 256;

/** The first line of standard input; at a screen asked for, twice, and not shown. */
export async function readPassword(
  terminal: Terminal,
  input: NodeJS.ReadStream & Partial<Pick<ReadStream, 'setRawMode'>>,
): Promise<string> {
  const isScreen = input.isTTY === true;
  // Raw, nothing echoes; readline would print each character itself if it had somewhere to.
  const lines = createInterface({ input, terminal: isScreen });
  try {
    const answers = lines[Symbol.asyncIterator]();
    const ask = async (question: string) => {
      if (isScreen) terminal.note(question);
      const { value, done } = await answers.next();
      return done === true ? '' : String(value);
    };
    const password = await ask('Password:');
    if (password.length > MOST_CHARACTERS) throw usage('That is too long for a password.');
    if (isScreen && (await ask('The same again:')) !== password) {
      throw usage('The two are not the same. Start again.');
    }
    return password;
  } finally {
    lines.close();
    input.pause();
  }
}
