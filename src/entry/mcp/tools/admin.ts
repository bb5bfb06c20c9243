// For whoever runs the server.
import { rebuildFts, replayVectors } from '../../../features/admin/contract.ts';
import { checkpoint, createBackup } from '../../../features/backup/contract.ts';
import { reembed } from '../../../features/models/contract.ts';
import { tool } from '../tool.ts';
import { pick } from './shapes.ts';

const group = 'admin';

export const ADMIN_TOOLS = [
  tool({
    ...{ name: 'admin_reembed', title: 'Embed anew', group, effect: 'changes', repeatable: true },
    description: 'Make every vector again, in the background.',
    calls: reembed,
    takes: { user_id: null },
    gives: pick(reembed.response, 'cleared', 'queued'),
  }),
  tool({
    ...{ name: 'admin_rebuild_fts', title: 'Rebuild the word index', group, effect: 'changes', repeatable: true },
    description: 'Make the word index anew from the memories.',
    calls: rebuildFts,
    takes: { user_id: null },
    gives: pick(rebuildFts.response, 'indexed'),
  }),
  tool({
    ...{ name: 'admin_vector_sync_replay', title: 'Try embedding again', group, effect: 'changes', repeatable: true },
    description: 'Try again what could not be embedded or indexed.',
    calls: replayVectors,
    takes: { limit: null },
    gives: pick(replayVectors.response, 'processed', 'succeeded', 'failed', 'skipped'),
  }),
  tool({
    ...{ name: 'admin_backup', title: 'Back up', group, effect: 'adds' },
    description: 'Make a backup of the whole store on the disk of the server.',
    calls: createBackup,
    takes: {},
    gives: pick(createBackup.response, 'name', 'created_at', 'size_bytes'),
  }),
  tool({
    ...{ name: 'admin_checkpoint', title: 'Checkpoint', group, effect: 'changes', repeatable: true },
    description: 'Move the write-ahead log into the database file.',
    calls: checkpoint,
    takes: {},
    gives: pick(checkpoint.response, 'status', 'checkpointed'),
  }),
];
