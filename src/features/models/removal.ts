// Removing what a model made: its vectors, and the tables of the index over them.
import type { Atomically } from '../../core/unit-of-work.ts';
import type { VectorStore } from '../memory/vector-store.ts';

interface Stores {
  vectors: Pick<VectorStore, 'byModel' | 'drop'>;
}

export interface RemovalDeps {
  read: Stores;
  atomically: Atomically<Stores>;
  /** Removes what the index over a model's vectors keeps on disk; the model need not be there any more. */
  removeIndex(key: string): Promise<void>;
  /** Keys of the models that are in use or about to be. */
  inUse(): readonly (string | undefined)[];
  /** What is not removed by then is removed another time. */
  stopped(): boolean;
}

export function removal({ read, atomically, removeIndex, inUse, stopped }: RemovalDeps) {
  const keysOf = async (name: string): Promise<string[]> =>
    (await read.vectors.byModel()).map(({ model }) => model).filter((model) => model.startsWith(`${name}@`));

  /** In steps: one that removed hundreds of thousands of vectors would keep every other writer waiting. */
  async function drop(key: string): Promise<number> {
    await removeIndex(key);
    let dropped = 0;
    while (!stopped()) {
      const step = await atomically(({ vectors }) => vectors.drop(key));
      if (step === 0) break;
      dropped += step;
    }
    return dropped;
  }

  return {
    /** Everything that any revision of a model made. @returns vectors removed */
    async dropNamed(name: string): Promise<number> {
      let dropped = 0;
      for (const key of await keysOf(name)) dropped += await drop(key);
      return dropped;
    },

    /** What other revisions of a model made: they are gone, so it can never be asked again. */
    async dropReplaced(name: string): Promise<void> {
      for (const key of await keysOf(name)) if (!inUse().includes(key)) await drop(key);
    },
  };
}
