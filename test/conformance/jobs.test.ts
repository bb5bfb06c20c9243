import { onEachDatabase } from '../support/databases.ts';
import { jobsSuite } from './jobs.ts';

onEachDatabase(jobsSuite);
