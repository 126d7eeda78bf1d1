import { parentPort, workerData } from 'node:worker_threads';
import { Desk, type DeskPlace } from './desk.ts';

/** A desk in a thread of its own, so that its times are the service's and not those of who sends readings. */
const place: DeskPlace = workerData;
const desk = new Desk(place);
let isOver = false;
parentPort?.once('message', () => {
  isOver = true;
});
await desk.serve(() => isOver);
parentPort?.postMessage({ times: desk.times, paid: desk.paid });
