export { type DocumentRequest, syntheticDocument } from './document.ts';
export { AGENT_LABELS, type LabelledSentence, mirroredPairs, type PairRequest } from './mirrored-pairs.ts';
