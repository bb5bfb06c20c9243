import { describe } from 'vitest';
import { onEachDatabase } from '../support/databases.ts';
import { storesSuite } from './stores.ts';
import { besideSuite } from './stores-beside.ts';
import { endingsSuite } from './stores-endings.ts';
import { fingerprintSuite } from './stores-fingerprints.ts';
import { reviewsSuite } from './stores-reviews.ts';
import { unitsSuite } from './units.ts';

onEachDatabase((kind) => {
  // One after the other: PGlite has one connection, open to one of them at a time.
  describe('memories', () => storesSuite(kind));
  describe('beside memories', () => besideSuite(kind));
  describe('reviews', () => reviewsSuite(kind));
  describe('endings', () => endingsSuite(kind));
  describe('fingerprints', () => fingerprintSuite(kind));
  describe('units', () => unitsSuite(kind));
});
