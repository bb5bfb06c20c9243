import { onEachDatabase } from '../support/databases.ts';
import { storesSuite } from './stores.ts';

onEachDatabase(storesSuite);
