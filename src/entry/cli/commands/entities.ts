// engram entities: whom and what memories name.
import {
  cooccurrences,
  entityMemories,
  getEntity,
  listEntities,
  listRelationships,
} from '../../../features/entities/contract.ts';
import { withActions } from '../actions.ts';
import { SPACE } from '../args.ts';
import type { Call } from '../client.ts';
import { noWords, parseId } from '../command.ts';
import { CliError, EXIT, usage } from '../failure.ts';
import { PAGE_FLAGS, pageOf } from './common.ts';

/** By its id, or by its name or another of its names. */
async function entityOf(call: Call, word: string) {
  const id = parseId(word);
  if (id !== null) return call(getEntity, { params: { id } });
  const { entities } = await call(listEntities, { query: { q: word, limit: 1000 } });
  const lower = word.toLowerCase();
  const exact = entities.filter(({ name, aliases }) => [name, ...aliases].some((one) => one.toLowerCase() === lower));
  const found = exact.length > 0 ? exact : entities;
  if (found.length === 1) return found[0]!;
  const which = found
    .slice(0, 5)
    .map((entity) => `${entity.name} (${entity.id})`)
    .join(', ');
  const message =
    found.length === 0
      ? `No memory names "${word.slice(0, 80)}".`
      : `"${word.slice(0, 80)}" may be ${which}; give the id.`;
  throw new CliError(found.length === 0 ? EXIT.not_found : EXIT.usage, 'entity_not_found', message);
}

export const entities = withActions({
  name: 'entities',
  summary: 'People, places, tools and projects that memories name',
  role: 'client',
  fallback: 'list',
  sought_as: ['entity', 'who', 'people', 'names'],
  actions: [
    {
      name: 'list',
      summary: 'Most often named first',
      flags: [
        { name: 'type', value: 'name', help: 'Only person, organization, place, server, tool, project, …' },
        { name: 'name', value: 'text', help: 'Only names that contain this' },
        ...PAGE_FLAGS,
        SPACE,
      ],
      examples: ['engram entities', 'engram entities list --type person'],
      async run(context) {
        noWords(context, 'entities list');
        const { args, output } = context;
        const [type, q] = [args.text('type'), args.text('name')];
        const page = pageOf(context, { limit: 20, most: 1000 });
        const query = { ...page, ...(type !== null && { type }), ...(q !== null && { q }) };
        const answer = await context.withCall((call) => call(listEntities, { query }));
        if (output.json) output.data(answer);
        else if (answer.entities.length === 0) output.remark('No entities.');
        else
          output.table(
            [{ name: 'ID', right: true }, 'NAME', 'TYPE', { name: 'MEMORIES', right: true }, 'LAST NAMED'],
            answer.entities.map((entity) => [
              ...[String(entity.id), entity.name, entity.entity_type, String(entity.memory_count), entity.last_seen_at],
            ]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'show',
      operands: '<name or id>',
      summary: 'One, with what it stands to and which memories name it',
      flags: [{ name: 'limit', short: 'l', value: 'number', help: 'Most memories and neighbours' }, SPACE],
      examples: ['engram entities show Postgres', 'engram entities show 3 --json'],
      async run(context) {
        const { args, output } = context;
        const word = args.words.join(' ');
        if (word === '') throw usage('entities show takes a name or an id: engram entities show Postgres');
        const limit = args.whole('limit', { min: 1, max: 1000 }) ?? 10;
        const answer = await context.withCall(async (call) => {
          const entity = await entityOf(call, word);
          const params = { id: entity.id };
          const { relationships } = await call(listRelationships, { params });
          const near = await call(cooccurrences, { params, query: { limit } });
          const { memory_ids } = await call(entityMemories, { params, query: { limit } });
          const others = new Map<number, string>();
          for (const { source_entity_id, target_entity_id } of relationships)
            for (const id of [source_entity_id, target_entity_id])
              if (!others.has(id)) others.set(id, id === entity.id ? entity.name : await nameOf(call, id));
          return { entity, relationships, cooccurrences: near.cooccurrences, memory_ids, names: others };
        });
        if (output.json) {
          const { names: _names, ...data } = answer;
          output.data(data);
          return EXIT.ok;
        }
        const { entity, relationships, memory_ids, names } = answer;
        output.line(`${output.paint('bold', entity.name)} (${entity.entity_type}), entity ${entity.id}`);
        if (entity.description) output.excerptLine('  ', entity.description);
        if (entity.aliases.length > 0) output.line(`  also: ${entity.aliases.join(', ')}`);
        for (const { source_entity_id, relationship_type, target_entity_id } of relationships)
          output.line(`  ${names.get(source_entity_id)} ${relationship_type} ${names.get(target_entity_id)}`);
        const near = answer.cooccurrences.map(({ name, cooccurrence_count }) => `${name} (${cooccurrence_count})`);
        if (near.length > 0) output.line(`  together with: ${near.join(', ')}`);
        output.line(`  memories: ${memory_ids.map((id) => `#${id}`).join(' ') || 'none'}`);
        return EXIT.ok;
      },
    },
  ],
});

const nameOf = async (call: Call, id: number): Promise<string> => (await call(getEntity, { params: { id } })).name;
