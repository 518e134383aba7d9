/** The tables that stages hand to each other, for stages of plug-ins. */
export {
  createExamplesWriter,
  createTextWriter,
  type ExampleRow,
  type ExamplesMetadata,
  finish,
  ResumableTables,
  readExamplesMetadata,
  readTokens,
  streamExamples,
  streamText,
  type TextRow,
  type Tokens,
} from '@retort/tables';
