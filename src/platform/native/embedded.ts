// What the executable carries beside its code. The build puts a list of files in the place of this module; run from its
// source the program carries nothing, and loads packages from node_modules.
import type { Embedded } from './parts.ts';

export const EMBEDDED: Embedded | null = null;
