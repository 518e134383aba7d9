// AssemblyScript: compiled to WebAssembly SIMD by build-simd.mjs. Pointers are byte offsets into the imported memory;
// counts are in elements. Every loop has a scalar tail that computes the same formula, so that results do not depend on
// where an array ends.

// @ts-nocheck

/**
 * AdamW (Loshchilov & Hutter): decoupled weight decay; the bias corrections come in as 1 / (1 - beta^step). The betas are
 * f64, since 1 - beta2 of a float32 beta2 is wrong in its fifth digit, and the corrections would not fit.
 */
export function adamw(
  weights: usize,
  gradients: usize,
  firstMoments: usize,
  secondMoments: usize,
  count: i32,
  learningRate: f32,
  beta1: f64,
  beta2: f64,
  epsilon: f32,
  weightDecay: f32,
  correction1: f32,
  correction2: f32,
  gradientScale: f32,
): void {
  const beta1f = <f32>beta1,
    rest1 = <f32>(1 - beta1),
    beta2f = <f32>beta2,
    rest2 = <f32>(1 - beta2);
  const b1 = f32x4.splat(beta1f),
    c1 = f32x4.splat(rest1);
  const b2 = f32x4.splat(beta2f),
    c2 = f32x4.splat(rest2);
  const k1 = f32x4.splat(correction1),
    k2 = f32x4.splat(correction2);
  const eps = f32x4.splat(epsilon),
    decay = f32x4.splat(weightDecay),
    rate = f32x4.splat(learningRate),
    scale = f32x4.splat(gradientScale);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = (<usize>i) << 2;
    const g = f32x4.mul(v128.load(gradients + at), scale);
    const m = f32x4.add(f32x4.mul(b1, v128.load(firstMoments + at)), f32x4.mul(c1, g));
    const v = f32x4.add(f32x4.mul(b2, v128.load(secondMoments + at)), f32x4.mul(c2, f32x4.mul(g, g)));
    v128.store(firstMoments + at, m);
    v128.store(secondMoments + at, v);
    const w = v128.load(weights + at);
    const update = f32x4.div(f32x4.mul(m, k1), f32x4.add(f32x4.sqrt(f32x4.mul(v, k2)), eps));
    v128.store(weights + at, f32x4.sub(w, f32x4.mul(rate, f32x4.add(update, f32x4.mul(decay, w)))));
  }
  for (; i < count; i++) {
    const at = (<usize>i) << 2;
    const g = load<f32>(gradients + at) * gradientScale;
    const m = beta1f * load<f32>(firstMoments + at) + rest1 * g;
    const v = beta2f * load<f32>(secondMoments + at) + rest2 * (g * g);
    store<f32>(firstMoments + at, m);
    store<f32>(secondMoments + at, v);
    const w = load<f32>(weights + at);
    const update = (m * correction1) / (Mathf.sqrt(v * correction2) + epsilon);
    store<f32>(weights + at, w - learningRate * (update + weightDecay * w));
  }
}

/** What `adamw` does to weights whose gradient and moments are 0: its decay alone, to the same bits. */
export function decay(weights: usize, count: i32, learningRate: f32, weightDecay: f32): void {
  const rate = f32x4.splat(learningRate),
    share = f32x4.splat(weightDecay),
    zero = f32x4.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = weights + ((<usize>i) << 2);
    const w = v128.load(at);
    v128.store(at, f32x4.sub(w, f32x4.mul(rate, f32x4.add(zero, f32x4.mul(share, w)))));
  }
  for (; i < count; i++) {
    const at = weights + ((<usize>i) << 2);
    const w = load<f32>(at);
    store<f32>(at, w - learningRate * (<f32>0 + weightDecay * w));
  }
}

/** The sum of squares, in float64 and in a fixed order: for the norm of all gradients. */
export function sumOfSquares(values: usize, count: i32): f64 {
  let low = f64x2.splat(0),
    high = f64x2.splat(0);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const x = v128.load(values + ((<usize>i) << 2));
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<u64>(x, x, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  let total = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  for (; i < count; i++) {
    const x = <f64>load<f32>(values + ((<usize>i) << 2));
    total += x * x;
  }
  return total;
}

function mix(value: i32): i32 {
  let x = value;
  x = (x ^ (x >>> 16)) * 0x21f0aaad;
  x = (x ^ (x >>> 15)) * 0x735a2d97;
  return x ^ (x >>> 15);
}

function mix4(value: v128): v128 {
  let x = value;
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 16)), i32x4.splat(0x21f0aaad));
  x = i32x4.mul(v128.xor(x, i32x4.shr_u(x, 15)), i32x4.splat(0x735a2d97));
  return v128.xor(x, i32x4.shr_u(x, 15));
}

/** hash32 of `random`, four positions at a time: `keep` where the word's upper 24 bits reach `threshold`, else 0. */
export function dropoutMask(target: usize, count: i32, key: i32, threshold: i32, keep: f32): void {
  const second = key * 0x9e3779b9;
  const keys = i32x4.splat(key),
    seconds = i32x4.splat(second),
    limit = i32x4.splat(threshold),
    kept = f32x4.splat(keep);
  let position = i32x4(0, 1, 2, 3);
  const four = i32x4.splat(4);
  let i: i32 = 0;
  for (; i + 4 <= count; i += 4) {
    const word = mix4(i32x4.add(mix4(i32x4.add(position, keys)), seconds));
    const above = i32x4.ge_s(i32x4.shr_u(word, 8), limit);
    v128.store(target + ((<usize>i) << 2), v128.and(above, kept));
    position = i32x4.add(position, four);
  }
  for (; i < count; i++) {
    const word = mix(mix(i + key) + second);
    store<f32>(target + ((<usize>i) << 2), word >>> 8 >= threshold ? keep : <f32>0);
  }
}
