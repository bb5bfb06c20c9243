// What happens to a user's data, told to whoever asked to be told.

/** `noun.verb`; the names older clients know among them. */
export const EVENTS = [
  'memory.created',
  'memory.updated',
  'memory.corrected',
  'memory.forgotten',
  'memory.restored',
  'memory.archived',
  'memory.unarchived',
  'memory.deleted',
  'memory.derived',
  'memory.approved',
  'memory.rejected',
  'memory.bulk_approve',
  'memory.bulk_reject',
  'contradiction.detected',
  'contradiction.resolved',
  'reflection.created',
  'episode.created',
  'episode.finalized',
  'approval.requested',
  'approval.decided',
] as const;
export type EventName = (typeof EVENTS)[number];

/** Bound to one transaction: an event is told when what it tells of was written, and only then. */
export interface Events {
  /** @returns whether anybody wants to hear it; then a job is due that tells them */
  publish(user_id: number, event: EventName, data: object): Promise<boolean>;
}
