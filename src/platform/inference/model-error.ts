// A model that cannot be used, with a sentence that says which file or setting is wrong. Apart, so that it costs nothing.
export class ModelError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ModelError';
  }
}
