// The page's script and style are imported as text (`with { type: 'text' }`), never run here.
declare module '*/browser.js' {
  const text: string;
  export default text;
}
declare module '*/style.css' {
  const text: string;
  export default text;
}
