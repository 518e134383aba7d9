export { checkDocuments, type DocumentResult } from './check.ts';
export { type TableRow, tableRows } from './table.ts';
