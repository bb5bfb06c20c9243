import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { embeddings, listModels } from './contract.ts';
import type { Refusal } from './rules.ts';
import type { OpenAi } from './service.ts';

const refused = ({ status, ...error }: Refusal) =>
  withStatus(status, { error: { ...error, type: status >= 500 ? 'server_error' : 'invalid_request_error' } });
export const openAiRoutes = (openai: OpenAi): Route[] => [
  route(embeddings, async ({ body }) => {
    const { answer, refusal } = await openai.embeddings(body);
    return refusal === undefined ? answer! : refused(refusal);
  }),
  route(listModels, () => openai.models()),
];
