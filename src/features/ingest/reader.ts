// What a file says, whatever kind of file it is.
import { DOCUMENT_TYPES, type Document, type DocumentType, documentsIn, documentType } from '../../algo/documents.ts';
import { docxText } from '../../algo/docx.ts';
import { type Inflate, ZipProblem, zipEntries } from '../../algo/zip.ts';
import { AppError } from '../../core/errors.ts';

export interface ReaderDeps {
  inflate: Inflate;
  /** Conversations of other assistants. */
  chats(value: unknown): Document[];
  /** Text of the pages of a PDF. */
  pdf: ((bytes: Uint8Array) => Promise<Document>) | null;
}

export interface File {
  filename?: string | null | undefined;
  content_type?: string | null | undefined;
  bytes: Uint8Array;
}
export interface Read {
  type: DocumentType;
  documents: Document[];
  /** What could not be read, and why. */
  errors: string[];
}

const isType = (name: string): name is DocumentType => (DOCUMENT_TYPES as readonly string[]).includes(name);

/** @throws AppError unsupported_document for a name that is none */
export function typeNamed(name: string): DocumentType {
  const plain = name.toLowerCase();
  if (isType(plain)) return plain;
  if (plain === 'text' || plain === 'txt') return 'plaintext';
  if (plain === 'md') return 'markdown';
  throw new AppError('unsupported_document', `There is no format "${name}"; there are ${DOCUMENT_TYPES.join(', ')}.`);
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function createReader({ inflate, chats, pdf }: ReaderDeps) {
  /** Never throws for what is in a file: what cannot be read is said in `errors`. */
  async function read(file: File, wanted: DocumentType | null, nested = false): Promise<Read> {
    const { bytes } = file;
    const text = decode(bytes);
    const type =
      wanted ??
      documentType(
        { filename: file.filename ?? null, content_type: file.content_type ?? null, head: bytes.subarray(0, 16) },
        text,
      );
    const name = file.filename ?? 'The file';
    const nothing = (reason: string): Read => ({ type, documents: [], errors: [reason] });
    try {
      if (type === 'pdf') {
        if (!pdf) return nothing(`${name} is a PDF, which this server cannot read; convert it to text.`);
        const found = await pdf(bytes);
        return found.text.trim() === ''
          ? nothing(`${name} holds no text; it may be a scan.`)
          : { type, documents: [found], errors: [] };
      }
      if (type === 'docx') return docx(bytes, name);
      if (type === 'zip')
        return nested ? nothing(`${name} is an archive within an archive.`) : await archive(bytes, name);
      if (text === null) return nothing(`${name} is neither UTF-8 text nor a kind of file that can be read.`);
      if (type === 'chatgpt-export' || type === 'claude-export')
        return { type, documents: chats(JSON.parse(text)), errors: [] };
      return { type, documents: documentsIn(type, text), errors: [] };
    } catch (error) {
      if (error instanceof ZipProblem) return nothing(`${name}: ${error.message}`);
      if (error instanceof SyntaxError) return nothing(`${name} is no JSON.`);
      if (type === 'pdf') return nothing(`${name} cannot be read as a PDF.`);
      throw error;
    }
  }

  function docx(bytes: Uint8Array, name: string): Read {
    for (const entry of zipEntries(bytes, inflate))
      if (entry.name === 'word/document.xml') {
        const text = docxText(decode(entry.bytes) ?? '');
        return { type: 'docx', documents: text === '' ? [] : [{ title: null, text }], errors: [] };
      }
    return { type: 'docx', documents: [], errors: [`${name} holds no Word document.`] };
  }

  async function archive(bytes: Uint8Array, name: string): Promise<Read> {
    const documents: Document[] = [];
    const errors: string[] = [];
    try {
      for (const entry of zipEntries(bytes, inflate)) {
        if (/(?:^|\/)(?:\.|__MACOSX\/)/.test(entry.name)) continue;
        if (entry.name === 'word/document.xml') return docx(bytes, name);
        const inner = await read({ filename: entry.name, bytes: entry.bytes }, null, true);
        const title = entry.name.split('/').at(-1)!;
        documents.push(...inner.documents.map((one) => ({ title: one.title ?? title, text: one.text })));
        errors.push(...inner.errors);
      }
    } catch (error) {
      if (!(error instanceof ZipProblem)) throw error;
      // What came before may be as made up as what is wrong.
      return { type: 'zip', documents: [], errors: [`${name}: ${error.message}`] };
    }
    return { type: 'zip', documents, errors };
  }

  return (file: File, wanted: DocumentType | null = null): Promise<Read> => read(file, wanted);
}
export type Reader = ReturnType<typeof createReader>;
