import { describe, expect, it } from 'vitest';
import { atomicFacts, bestOf } from './decompose.ts';

describe('atomic facts', () => {
  it('keeps versions, addresses, decimals and file names whole', () => {
    expect(
      atomicFacts(
        'The gateway runs version 2.4.1 on 10.0.0.12. Its config is in conf/gateway.toml. Latency fell to 3.5 ms.',
      ),
    ).toEqual([
      'The gateway runs version 2.4.1 on 10.0.0.12.',
      'The gateway’s config is in conf/gateway.toml.',
      'Latency fell to 3.5 ms.',
    ]);
  });

  it('names whom a pronoun stands for', () => {
    expect(
      atomicFacts(
        'Alice is a designer at Acme. She lives in Oslo with two cats. The API uses Redis. It listens on port 8080.',
      ),
    ).toEqual([
      'Alice is a designer at Acme.',
      'Alice lives in Oslo with two cats.',
      'The API uses Redis.',
      'The API listens on port 8080.',
    ]);
  });

  it('leaves the sentence with the one before where that is not clear', () => {
    expect(atomicFacts('Alice met Bob in Oslo. He gave her the keys. The office opens at 9:00.')).toEqual([
      'Alice met Bob in Oslo. He gave her the keys.',
      'The office opens at 9:00.',
    ]);
  });

  it('does not cut at conjunctions', () => {
    expect(
      atomicFacts(
        'We use Postgres and Redis for the queue, and Kafka feeds both. Backups run nightly but are never tested.',
      ),
    ).toEqual([
      'We use Postgres and Redis for the queue, and Kafka feeds both.',
      'Backups run nightly but are never tested.',
    ]);
  });

  it('gives the items of a list the line that leads to them', () => {
    expect(atomicFacts('Staging needs:\n- Node 22.3\n- Postgres 16\n\n```sh\nnpm ci. run\n```')).toEqual([
      'Staging needs: Node 22.3',
      'Staging needs: Postgres 16',
    ]);
  });

  it('keeps the speaker', () => {
    expect(atomicFacts('Caroline: I moved to Boston last May. I work at a hospital there.')).toEqual([
      'Caroline: I moved to Boston last May.',
      'Caroline: I work at a hospital there.',
    ]);
  });

  it('is empty for one fact, for small talk, and for what is said twice', () => {
    expect(atomicFacts('The database runs on Postgres 15 and nothing else is known.')).toEqual([]);
    expect(atomicFacts('Thanks! Let me know how it goes. Is it raining? Sure.')).toEqual([]);
    expect(bestOf(['The port is 5432 on staging.', 'the port is 5432 on staging'])).toEqual([]);
  });

  it('keeps the ten that tell most, in order', () => {
    const text = Array.from({ length: 14 }, (_, n) =>
      n < 4 ? `Something small ${'abcd'[n]} happened here.` : `Server n${n} runs version 1.${n} in Rack ${n}.`,
    ).join(' ');
    const facts = atomicFacts(text);
    expect(facts).toHaveLength(10);
    expect(facts[0]).toContain('n4');
    expect(facts[9]).toContain('n13');
  });
});
