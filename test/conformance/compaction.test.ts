// Every database can be told to give room back, and says how much there is or that it sees to that itself.
import { expect, it } from 'vitest';
import { NOW, onEachDatabase } from '../support/databases.ts';

onEachDatabase((kind) => {
  it('is sound and whole afterwards, and keeps its settings', async () => {
    const database = await (await kind.place()).open();
    const row = { key: 'kept', value: 'x'.repeat(100_000), updated_at: NOW };
    await database.atomically(({ db }) => db.insertInto('app_state').values(row).execute());
    const left = await database.compact();
    if (kind.family === 'postgres') expect([left, await database.slack()]).toEqual([null, null]);
    else expect([left, left!.slack < left!.size]).toEqual([await database.slack(), true]);
    expect(await database.check()).toEqual([]);
    const kept = database.reader.db.selectFrom('app_state').select('value').where('key', '=', 'kept');
    expect((await kept.executeTakeFirst())?.value).toBe(row.value);
    await database.close();
  });
});
