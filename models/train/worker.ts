// A training thread: runs the steps it is told to, in lock step with the others.
import { parentPort, workerData } from 'node:worker_threads';
import { openLoss } from './loss.ts';
import { meet, type State } from './state.ts';
import { Half } from './step.ts';

const { state, worker } = workerData as { state: State; worker: number };
const loss = await openLoss(state.shape.dims);
const half = new Half(state, worker, loss);

parentPort!.on('message', async ({ steps, done }: { steps: number; done: number }) => {
  for (let place = 0; place < steps; place++) {
    state.losses[place * state.shape.workers + worker] = await half.differentiate(place, done + place);
    meet(state);
    half.update(state.rates[place]!, done + place + 1);
    meet(state);
  }
  parentPort!.postMessage('done');
});
parentPort!.postMessage('ready');
