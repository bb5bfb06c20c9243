/** Its sentence is all that is printed: what is missing, and what to do. */
export class BuildError extends Error {}
