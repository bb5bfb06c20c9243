import { seededRandom } from './support/onnx-model.ts';
export function generateTexts(n: number) {
  const random = seededRandom(3);
  const word = () => { const rank = Math.floor(20_000 ** random()); return `w${rank.toString(36)}${['ing','s','ed','tion',''][rank % 5]}`; };
  const text = (len: number) => Array.from({ length: len }, word).join(' ');
  return { texts: Array.from({ length: n }, () => text(15 + Math.floor(random() * 50))), queries: Array.from({ length: 60 }, () => text(3 + Math.floor(random() * 6))) };
}
