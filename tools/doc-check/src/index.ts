export { checkDocuments, type DocumentResult } from './check.ts';
export { tableRows, type TableRow } from './table.ts';
