// What makes a string unfit to store. Here rather than in algo so that contracts stay free of other layers.

/** @returns why the text cannot be stored, or null when it can */
export function textProblem(text: string): 'surrogate' | 'nul' | null {
  if (text.includes('\0')) return 'nul';
  return text.isWellFormed() ? null : 'surrogate';
}
