import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { Inbox } from './service.ts';

export const inboxRoutes = (inbox: Inbox): Route[] => [
  route(contract.listInbox, ({ query }, { scope }) => inbox.list(scope, query.limit, query.offset)),
  route(contract.bulk, ({ body }, { scope }) => inbox.bulk(scope, body.ids, body.action, body.reason)),
  route(contract.approve, async ({ params }, { scope }) => {
    await inbox.approve(scope, params.id);
    return { approved: true as const, ok: true, id: params.id, status: 'approved' };
  }),
  route(contract.reject, async ({ params, body }, { scope }) => {
    await inbox.reject(scope, params.id, body.reason);
    return { rejected: true as const, ok: true, id: params.id, status: 'rejected' };
  }),
  route(contract.edit, async ({ params, body }, { scope }) => {
    const { id, edited } = await inbox.edit(scope, params.id, body);
    return { approved: true as const, edited, ok: true, id, old_id: params.id, status: 'approved' };
  }),
];
