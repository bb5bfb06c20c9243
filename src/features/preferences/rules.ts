// What a key belongs to.
const DOMAIN = /^[^.:/]+(?=[.:/].)/;

/** `editor` of `editor.theme`; `general` when the key names none. */
export const domainOf = (key: string): string => DOMAIN.exec(key)?.[0] ?? 'general';
