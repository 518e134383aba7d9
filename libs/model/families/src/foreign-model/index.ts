export { familyNamed, modelFamilies } from '../families/index.ts';
export { DEFAULT_HEAD_KIND, HEAD_KINDS, type HeadKind } from '../heads/head-kind.ts';
export { headRefusal } from './foreign-config.ts';
export type { HeadChoice } from './foreign-head.ts';
export { type ForeignModel, type ImportChoices, inspectForeignModel } from './inspect-foreign-model.ts';
export { readForeignModel } from './read-foreign-model.ts';
