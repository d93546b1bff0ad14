/** Style vectors: 100 numbers that a network predicts from a picture, and that can be mixed linearly. */

/** The mix of vectors by shares of any sum above 0; a single vector with a share of 0 still counts whole. */
export function mix(vectors: readonly Float32Array[], shares: readonly number[]): Float32Array {
  const total = shares.reduce((sum, share) => sum + share, 0);
  const mixed = new Float32Array(vectors[0]!.length);
  vectors.forEach((vector, n) => {
    const share = total > 0 ? shares[n]! / total : 1 / vectors.length;
    for (let at = 0; at < mixed.length; at++) mixed[at]! += share * vector[at]!;
  });
  return mixed;
}

/** `strength` of the way from one vector to another: 0 is the first, 1 the second, above 1 goes beyond. */
export function towards(from: Float32Array, to: Float32Array, strength: number): Float32Array {
  return from.map((value, at) => value + strength * (to[at]! - value));
}
