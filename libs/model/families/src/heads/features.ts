import { relu, type Tensor2D, tanh } from '@tensorflow/tfjs-core';
import { gelu } from '../operations.ts';
import type { HeadKind } from './head-kind.ts';

/** What the classes are predicted from. @param pooled float32 [B, H], the pooler's linear map @returns float32 [B, H] */
export function headFeatures(kind: HeadKind, pooled: Tensor2D): Tensor2D {
  switch (kind) {
    case 'huggingface':
      return tanh(pooled);
    case 'reference':
      return relu(tanh(pooled));
    case 'distilbert':
      return relu(pooled);
    case 'electra':
      return gelu(pooled);
  }
}

/** The published TinyBERT code makes a dropout for its head and never calls it. */
export function headHasDropout(kind: HeadKind): boolean {
  return kind !== 'reference';
}
