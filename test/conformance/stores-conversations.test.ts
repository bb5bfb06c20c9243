import { onEachDatabase } from '../support/databases.ts';
import { conversationsSuite } from './stores-conversations.ts';

onEachDatabase(conversationsSuite);
