import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * What a program of this folder measures in a process of its own, so that its memory is told apart: it is
 * sent `setup`, and answers with one message.
 */
export async function inChild<Measured>(program: string, setup: object): Promise<Measured> {
  const child = fork(new URL(program, import.meta.url));
  const answer = new Promise<Measured>((resolve, reject) => {
    child.once('message', (measured: Measured) => resolve(measured));
    child.once('exit', (code) => reject(new Error(`the reading process ended with ${code}`)));
  });
  const ended = once(child, 'exit');
  child.send(setup);
  const measured = await answer;
  await ended;
  return measured;
}
