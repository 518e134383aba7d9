export { type HeadKind, HEAD_KINDS } from '../heads/head-kind.ts';
export {
  type ImportChoices,
  type ForeignModel,
  type HeadChoice,
  inspectForeignModel,
} from './inspect-foreign-model.ts';
export { readForeignModel } from './read-foreign-model.ts';
