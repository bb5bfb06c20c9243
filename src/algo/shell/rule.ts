// What a rule about commands says, and what it goes by.
import type { Command } from './command.ts';

/**
 * `destructive`: what it does cannot be undone, or opens a door. `opaque`: it runs what cannot be read here. `risky`: may be
 * right, and deserves a look.
 */
export type Severity = 'destructive' | 'opaque' | 'risky';

export interface Danger {
  /** `delete.protected`: group and name. */
  readonly rule: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly why: string;
}

export interface DangerSettings {
  /** Services that may not be stopped. */
  readonly protected_services: readonly string[];
  /** Machines that may not be restarted from here. */
  readonly no_reboot_hosts: readonly string[];
  /** Machines that may not be reached, beside this one and metadata services. */
  readonly reserved_targets: readonly string[];
}

export type Rule = (command: Command, settings: DangerSettings) => Danger | null;

export const NO_SETTINGS: DangerSettings = { protected_services: [], no_reboot_hosts: [], reserved_targets: [] };
export const danger = (rule: string, severity: Severity, why: string): Danger => ({ rule, severity, why });
