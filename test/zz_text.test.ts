import { expect, it } from 'vitest';
import js from './docs-page/page.js' with { type: 'text' };
import css from './docs-page/page.css' with { type: 'text' };
it('x', () => { console.log(JSON.stringify(js), JSON.stringify(css)); expect(typeof js).toBe('string'); });
