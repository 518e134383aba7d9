import {
  add,
  cast,
  customGrad,
  erf,
  exp,
  type GradSaveFunc,
  matMul,
  mean,
  mul,
  reshape,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';

// N rows (batch x sequence), I and O sizes of a layer's input and output.

/** x·Wᵀ + b. @param x float32 [N, I] @param weight [O, I], as HuggingFace stores it @param bias [O] */
export function linear(x: Tensor2D, weight: Tensor, bias: Tensor): Tensor2D {
  return add(matMul(x, weight as Tensor2D, false, true), bias); // [N, O]
}

/**
 * Layer normalization over the last axis, with its gradient written out: the composed one makes twice the operations.
 *
 * @param x float32 [N, I] @param scale [I] @param shift [I]
 */
export function layerNorm({
  x,
  scale,
  shift,
  epsilon,
}: {
  x: Tensor2D;
  scale: Tensor;
  shift: Tensor;
  epsilon: number;
}): Tensor2D {
  const normalize = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, scale, shift, save] = args as [Tensor, Tensor, Tensor, GradSaveFunc];
    const centred = sub(x, mean(x, -1, true)); // [N, I]
    const inverse = rsqrt(add(mean(square(centred), -1, true), epsilon)); // [N, 1]
    const normalized = mul(centred, inverse); // [N, I]
    save([normalized, inverse, scale]);
    return {
      value: add(mul(normalized, scale), shift),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [normalized, inverse, scale] = saved as [Tensor, Tensor, Tensor];
        const dNormalized = mul(dy, scale);
        const projected = mul(normalized, mean(mul(dNormalized, normalized), -1, true));
        const dx = mul(inverse, sub(sub(dNormalized, mean(dNormalized, -1, true)), projected));
        return [dx, sum(mul(dy, normalized), 0), sum(dy, 0)];
      },
    };
  });
  return normalize(x, scale, shift) as Tensor2D;
}

/** x·Φ(x), exact (with erf), as BERT uses it. */
export function gelu<T extends Tensor>(x: T): T {
  const withGradient = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = args as [Tensor, GradSaveFunc];
    const cumulative = mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
    save([x, cumulative]);
    return {
      value: mul(x, cumulative),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x, cumulative] = saved as [Tensor, Tensor];
        const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return mul(dy, add(cumulative, mul(x, density)));
      },
    };
  });
  return withGradient(x) as T;
}

/** int32 or bool [B, S] with 1 for a real token -> float32 [B, 1, 1, S]: 0 for it and -10000 for padding, to be added to attention scores. */
export function maskBias(keyMask: Tensor): Tensor {
  const [batch, length] = keyMask.shape as [number, number];
  return reshape(mul(sub(cast(keyMask, 'float32'), 1), 10_000), [batch, 1, 1, length]);
}

export function toRows(x: Tensor3D | Tensor): Tensor2D {
  return reshape(x, [-1, x.shape.at(-1) as number]);
}
