export { createTableWriter, type TableWriter } from './table-writer.ts';
export { openTable, type TableReader } from './table-reader.ts';
export type { Ragged } from './columns.ts';
export {
  createTokensWriter,
  readTokens,
  readTokensMetadata,
  streamTokens,
  type TokenRows,
  type Tokens,
  type TokensWriter,
} from './tokens.ts';
export type { TokensMetadata } from './schemas/tokens.ts';
