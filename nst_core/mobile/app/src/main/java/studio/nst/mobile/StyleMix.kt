package studio.nst.mobile

/**
 * A style between others: the mean of their vectors, weighted by [shares], which need not sum to 1.
 *
 * A photograph's own vector among them makes the style weaker, since it asks for the look that is there already.
 */
fun mix(vectors: List<FloatArray>, shares: List<Float>): FloatArray {
    require(vectors.isNotEmpty() && vectors.size == shares.size) {
        "each style must have a share, got ${vectors.size} styles and ${shares.size} shares"
    }
    val total = shares.sum()
    require(total > 0f && shares.all { it >= 0f }) { "shares must be 0 or more, and one above 0, got $shares" }
    val mixed = FloatArray(vectors[0].size)
    for ((vector, share) in vectors.zip(shares)) {
        for (at in mixed.indices) mixed[at] += vector[at] * (share / total)
    }
    return mixed
}
