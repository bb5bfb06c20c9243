// Identity and fingerprints, as a port so that tests can make them predictable.

export interface Ids {
  /** A fresh UUID. */
  uuid(): string;
  /** Cryptographically random bytes, hex. */
  randomHex(bytes: number): string;
}

/** SHA-256, lower-case hex. */
export type Sha256 = (text: string) => string;
