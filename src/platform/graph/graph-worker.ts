// The thread in which compute.ts works a task out: one task, then it ends.
// Started as a file of its own: a compiled executable must name it as an entry point.
import { parentPort, workerData } from 'node:worker_threads';
import { type GraphTask, runTask } from '../../algo/graph/tasks.ts';

if (parentPort === null) throw new Error('This file runs only as a worker thread.');
const outcome = runTask(workerData as GraphTask, () => performance.now());
const handedOver = Object.values(outcome).flatMap((value) => (ArrayBuffer.isView(value) ? [value.buffer] : []));
parentPort.postMessage(outcome, handedOver as ArrayBuffer[]);
