import { type Route, route } from '../../core/endpoint.ts';
import {
  bootstrap,
  createApiKey,
  createKey,
  createSpace,
  createUser,
  deleteApiKey,
  listApiKeys,
  listKeys,
  listSpaces,
  listUsers,
  revokeKey,
  rotateKey,
} from './contract.ts';
import type { AccessService } from './service.ts';
import type { KeyRow } from './store.ts';

const shown = ({ key_hash: _hidden, ...key }: KeyRow) => ({
  ...key,
  scopes: key.scopes.split(','),
  is_active: key.is_active === 1,
  is_replaced: key.is_replaced === 1,
});
const listed = (rows: readonly KeyRow[]) => ({ keys: rows.map(shown), count: rows.length });

export const accessRoutes = (access: AccessService): Route[] => [
  route(bootstrap, ({ body }, { peer }) => access.bootstrap(body.name, body.secret ?? null, peer)),
  route(createUser, ({ body }) => access.createUser(body)),
  route(listUsers, async () => {
    const users = await access.users();
    return { users: users.map((user) => ({ ...user, is_admin: user.is_admin === 1 })), count: users.length };
  }),
  route(createKey, async ({ body }, { scope }) => {
    const { secret, row } = await access.keys.create(scope, body);
    const { id, name, scopes, rate_limit, user_id, expires_at } = row;
    return {
      key: secret,
      id,
      name,
      scopes,
      rate_limit,
      user_id,
      expires_at,
      message: 'Keep this key: it is not shown again.',
    };
  }),
  route(listKeys, async (_input, { scope }) => listed(await access.keys.list(scope))),
  route(rotateKey, async ({ body }, { scope }) => {
    const { secret, row, old_key_expires, grace_hours } = await access.keys.rotate(
      scope,
      body.key_id,
      body.grace_hours,
    );
    return {
      new_key: secret,
      new_key_id: row.id,
      old_key_id: body.key_id,
      old_key_expires,
      grace_hours,
      message: `Keep this key: it is not shown again. The old one works until ${old_key_expires}.`,
    };
  }),
  route(revokeKey, async ({ params }, { scope }) => {
    await access.keys.revoke(scope, params.id);
    return { revoked: true as const, id: params.id };
  }),
  route(createApiKey, async ({ body }, { scope }) => {
    const { secret, row } = await access.keys.createOwn(scope, body);
    return { key: shown(row), full_key: secret };
  }),
  route(listApiKeys, async (_input, { scope }) => listed(await access.keys.list(scope))),
  route(deleteApiKey, async ({ params }, { scope }) => {
    await access.keys.revoke(scope, params.id);
    return { deleted: true as const, id: params.id };
  }),
  route(createSpace, ({ body }, { scope }) => access.spaces.create(scope, body.name, body.description ?? null)),
  route(listSpaces, async (_input, { scope }) => {
    const spaces = await access.spaces.list(scope);
    return { spaces, count: spaces.length };
  }),
];
