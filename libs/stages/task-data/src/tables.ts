export type { ColumnarFile } from './columnar-file.ts';
export { openArrow } from './arrow-file.ts';
export { repeatedColumn } from './columns.ts';
export { memberNames } from './json-object.ts';
export { openParquet } from './parquet-file.ts';
export type { TableFile } from './records.ts';
