import { InvalidInputError } from '@retort/foundation/diagnostics';
import { readLines } from '@retort/texts/lines';
import type { FilesSource } from './config.generated.ts';
import { jsonlDocument } from './jsonl-document.ts';
import { splitSentences } from './sentences.ts';

/** A run of sentences of one document; a long document comes in several, so that memory does not grow with it. */
export interface Passage {
  /** Number of the document in the input, from 0. */
  readonly document: number;
  readonly sentences: readonly string[];
}

export interface TextFile {
  readonly path: string;
  readonly label: string;
}

/** Sentences of a passage at most. */
export const PASSAGE_SENTENCES = 64;

/** All passages of the files, in order. Throws at the first line that cannot be read. */
export async function* readPassages(files: readonly TextFile[], source: FilesSource): AsyncGenerator<Passage> {
  let document = 0;
  for (const file of files) {
    for await (const { sentences, endsDocument } of filePassages(file, source)) {
      if (sentences.length > 0) yield { document, sentences };
      if (endsDocument) document += 1;
    }
  }
}

interface Part {
  readonly sentences: readonly string[];
  readonly endsDocument: boolean;
}

async function* filePassages(file: TextFile, source: FilesSource): AsyncGenerator<Part> {
  let pending: string[] = [];
  let isInDocument = false;
  for await (const lines of readLines(file.path, {
    label: file.label,
    maxBytesPerLine: source.maxBytesPerLine,
    setting: 'source.maxBytesPerLine',
  })) {
    for (const line of lines) {
      if (line.problem) throw new InvalidInputError([line.problem]);
      const sentences = sentencesOf(line.text, { source, file, number: line.number });
      const isWhole = source.format === 'jsonl' || source.unit === 'document';
      for (const sentence of sentences) {
        pending.push(sentence);
        if (pending.length === PASSAGE_SENTENCES) yield { sentences: pending.splice(0), endsDocument: false };
      }
      isInDocument ||= sentences.length > 0;
      if (isInDocument && (isWhole || sentences.length === 0)) {
        yield { sentences: pending.splice(0), endsDocument: true };
        isInDocument = false;
      }
    }
  }
  if (isInDocument) yield { sentences: pending, endsDocument: true };
}

interface Place {
  readonly source: FilesSource;
  readonly file: TextFile;
  readonly number: number;
}

function sentencesOf(text: string, { source, file, number }: Place): string[] {
  if (source.format === 'jsonl') {
    if (text.trim() === '') return [];
    return jsonlDocument(text, source.textField, { file: file.label, line: number }).flatMap(splitSentences);
  }
  if (source.unit !== 'line') return splitSentences(text);
  const sentence = text.replace(/\s+/g, ' ').trim();
  return sentence === '' ? [] : [sentence];
}
