// Where a server that listens on some host is reached from the same machine.

/** A server on all interfaces is reached over loopback. */
export function loopbackUrl(host: string, port: number): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
