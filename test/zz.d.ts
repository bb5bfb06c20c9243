declare module '*/docs-page/page.js' {
  const text: string;
  export default text;
}
declare module '*/docs-page/page.css' {
  const text: string;
  export default text;
}
