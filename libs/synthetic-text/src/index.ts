export { type DocumentRequest, syntheticDocument } from './document.ts';
export { AGENT_LABELS, type LabelledSentence, mirroredPairs } from './mirrored-pairs.ts';
