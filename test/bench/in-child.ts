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

/** A program that answers once when it is ready, and again when it is asked to end. */
export async function startChild<First, Last>(
  program: string,
  setup: object,
): Promise<{ readonly first: First; end(): Promise<Last> }> {
  const child = fork(new URL(program, import.meta.url));
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
    });
  const ready = next();
  child.send(setup);
  const first = (await ready) as First;
  return {
    first,
    end: async () => {
      const [told, ended] = [next(), once(child, 'exit')];
      child.send({});
      const last = (await told) as Last;
      await ended;
      return last;
    },
  };
}
