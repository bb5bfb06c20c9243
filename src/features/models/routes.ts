import { type Route, route } from '../../core/endpoint.ts';
import * as contract from './contract.ts';
import type { ModelsService } from './service.ts';

export const modelsRoutes = (models: ModelsService): Route[] => [
  route(contract.listModels, () => models.list()),
  route(contract.useModel, ({ body }) => models.use(body.name, body.kind)),
  route(contract.forgetModel, async ({ body: { name } }) => ({ name, vectors: await models.forget(name) })),
  route(contract.reembed, async ({ body }) => ({
    ...(await models.reembed(body.user_id ?? undefined)),
    reembed: await models.progress(),
  })),
  route(contract.reembedStatus, () => models.progress()),
  route(contract.embeddingInfo, () => models.info()),
];
