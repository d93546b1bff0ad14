package studio.nst.mobile

/** Which frames of the camera are painted: at most [mostPerSecond], which keeps a phone cool. Times in nanoseconds. */
class FramePace(private val mostPerSecond: Int = 30) {
    private var next = Long.MIN_VALUE
    private var last = Long.MIN_VALUE

    /** Frames a second that were really painted, smoothed; 0 before the second one. */
    var rate = 0f
        private set

    init {
        require(mostPerSecond > 0) { "mostPerSecond must be 1 or more, got $mostPerSecond" }
    }

    /** Whether the frame that arrives [now] is to be painted. */
    fun isDue(now: Long): Boolean {
        if (now < next) return false
        val step = SECOND / mostPerSecond
        // Counted from the due time, not from now: otherwise a camera with 30 frames a second gives 15 when 20 are wanted.
        next = if (next == Long.MIN_VALUE || now - next > step) now + step else next + step
        if (last != Long.MIN_VALUE && now > last) {
            val current = SECOND.toFloat() / (now - last)
            rate = if (rate == 0f) current else rate + SMOOTHING * (current - rate)
        }
        last = now
        return true
    }

    private companion object {
        const val SECOND = 1_000_000_000L
        const val SMOOTHING = 0.1f
    }
}
