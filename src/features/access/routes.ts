import { type Route, route } from '../../core/endpoint.ts';
import {
  bootstrap,
  createKey,
  createSpace,
  createUser,
  listKeys,
  listSpaces,
  listUsers,
  revokeKey,
} from './contract.ts';
import type { AccessService } from './service.ts';

export const accessRoutes = (access: AccessService): Route[] => [
  route(bootstrap, ({ body }, { peer }) => access.bootstrap(body.name, body.secret ?? null, peer)),
  route(createUser, ({ body }) => access.createUser(body)),
  route(listUsers, async () => {
    const users = await access.users();
    return { users: users.map((user) => ({ ...user, is_admin: user.is_admin === 1 })), count: users.length };
  }),
  route(createKey, async ({ body }, { scope }) => {
    const { secret, row } = await access.createKey(scope, body);
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
  route(listKeys, async (_input, { scope }) => {
    const keys = await access.keys(scope);
    return {
      keys: keys.map(({ key_hash: _hidden, ...key }) => ({
        ...key,
        scopes: key.scopes.split(','),
        is_active: key.is_active === 1,
      })),
      count: keys.length,
    };
  }),
  route(revokeKey, async ({ params }, { scope }) => {
    await access.revoke(scope, params.id);
    return { revoked: true as const, id: params.id };
  }),
  route(createSpace, ({ body }, { scope }) => access.createSpace(scope, body.name, body.description ?? null)),
  route(listSpaces, async (_input, { scope }) => {
    const spaces = await access.spaces(scope);
    return { spaces, count: spaces.length };
  }),
];
